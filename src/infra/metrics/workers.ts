import { Counter, Gauge, type Registry } from 'prom-client'

/** What is measured of a pool of connections. */
interface PoolState {
  totalCount: number
  idleCount: number
  waitingCount: number
}

/** What workers do, what waits for them, and whether they live. */
export function workerMetrics(registers: Registry[]) {
  return { ...jobMetrics(registers), ...eventMetrics(registers), ...lifeMetrics(registers), ...poolMetrics(registers) }
}

function jobMetrics(registers: Registry[]) {
  return {
    jobs: new Counter({
      name: 'looklook_jobs_total',
      help: 'Jobs worked on, by queue and by how it ended: completed, failed (it is retried), deadletter (no retry can help), abandoned (its worker died, and it was given back).',
      labelNames: ['queue', 'outcome'],
      registers,
    }),
    jobsWaiting: new Gauge({
      name: 'looklook_jobs_waiting',
      help: 'Jobs that nobody has begun, retries included, by queue, 1000 at most. Counted by workers.',
      labelNames: ['queue'],
      registers,
    }),
    oldestJobSeconds: new Gauge({
      name: 'looklook_oldest_job_seconds',
      help: 'The age of the oldest of these, by queue, 0 without any. Counted by workers.',
      labelNames: ['queue'],
      registers,
    }),
    deadLetters: new Gauge({
      name: 'looklook_dead_letters',
      help: 'Jobs that no retry could help and that wait for a person, by the queue that they come from. Counted by workers.',
      labelNames: ['queue'],
      registers,
    }),
  }
}

function eventMetrics(registers: Registry[]) {
  return {
    eventsWaiting: new Gauge({
      name: 'looklook_events_waiting',
      help: 'Payments whose change is to be published or streamed, and deliveries of webhooks that are due, by what they wait for, 1000 at most. Counted by workers.',
      labelNames: ['step'],
      registers,
    }),
    oldestEventSeconds: new Gauge({
      name: 'looklook_oldest_event_seconds',
      help: 'How long the oldest of these waits, by what it waits for, 0 without any. Counted by workers.',
      labelNames: ['step'],
      registers,
    }),
    webhooks: new Counter({
      name: 'looklook_webhook_calls_total',
      help: 'Calls of webhooks, by whether the endpoint took the event.',
      labelNames: ['outcome'],
      registers,
    }),
  }
}

function lifeMetrics(registers: Registry[]) {
  return {
    workerUnseenSeconds: new Gauge({
      name: 'looklook_worker_unseen_seconds',
      help: 'Seconds since any worker was last seen, by the database’s clock; +Inf when there never was one.',
      registers,
    }),
    liveWorkers: new Gauge({
      name: 'looklook_live_workers',
      help: 'Workers that were seen within the last 30 s, by the database’s clock.',
      registers,
    }),
    loopRuns: new Counter({
      name: 'looklook_loop_runs_total',
      help: 'Runs of a worker’s loops, by loop and by whether one has failed.',
      labelNames: ['loop', 'outcome'],
      registers,
    }),
    loopSeen: new Gauge({
      name: 'looklook_loop_last_run_timestamp_seconds',
      help: 'When a loop of this worker was started, or last ended a run without a failure.',
      labelNames: ['loop'],
      registers,
    }),
  }
}

function poolMetrics(registers: Registry[]) {
  const pools = new Map<string, PoolState>()
  return {
    /** The pools that are measured, by their names. */
    pools,
    poolConnections: new Gauge({
      name: 'looklook_pool_connections',
      help: 'Connections to the database, by pool and by whether they are busy or idle.',
      labelNames: ['pool', 'state'],
      registers,
      collect() {
        for (const [pool, { totalCount, idleCount }] of pools) {
          this.set({ pool, state: 'busy' }, totalCount - idleCount)
          this.set({ pool, state: 'idle' }, idleCount)
        }
      },
    }),
    poolWaiting: new Gauge({
      name: 'looklook_pool_waiting',
      help: 'Who waits for a connection to the database, by pool.',
      labelNames: ['pool'],
      registers,
      collect() {
        for (const [pool, { waitingCount }] of pools) this.set({ pool }, waitingCount)
      },
    }),
  }
}
