import type { Logger } from 'pino'
import { loadOptional } from './optional-package.ts'

/** A message for a topic. Those of one key go to one partition, in their order. */
interface KafkaMessage {
  key: string
  value: string
}

export interface KafkaTopic {
  /** Sends messages in their order. Resolves once all replicas in sync have them. @throws when that isn't certain. */
  send(messages: KafkaMessage[]): Promise<void>
  /** Ends what is being sent, too: it may have arrived. */
  close(): Promise<void>
}

/** How long connecting, and one request, may take. A send is at most a few of them. */
const CONNECT_MS = 3_000
const REQUEST_MS = 5_000

/**
 * A topic of a Kafka, which is connected to on the first send. It may be away, and come back, at any time.
 *
 * @throws {MissingPackageError} where the client isn't installed, which few deployments need.
 */
export async function openKafka(
  { brokers, topic }: { brokers: string[]; topic: string },
  log: Logger,
  { connectMs = CONNECT_MS, requestMs = REQUEST_MS } = {},
): Promise<KafkaTopic> {
  const { compatibilityPartitioner, Producer, stringSerializers } = await loadOptional(
    '@platformatic/kafka',
    () => import('@platformatic/kafka'),
    'KAFKA_BROKERS is set, and the package @platformatic/kafka not installed: deploy/add-optional.sh @platformatic/kafka adds it.',
  )
  const producer = new Producer({
    clientId: 'looklook-pay',
    bootstrapBrokers: brokers,
    serializers: stringSerializers,
    // As Kafka's own clients choose it, so that other topics with these keys fit.
    partitioner: compatibilityPartitioner,
    // Where the brokers do that.
    autocreateTopics: true,
    connectTimeout: connectMs,
    requestTimeout: requestMs,
    timeout: requestMs,
    // Whoever sends decides what is sent again, and when.
    retries: 0,
  })
  producer.on('error', (error: Error) => log.debug({ err: error }, 'kafka connection failed'))
  return {
    send: async (messages) => {
      await producer.send({ messages: messages.map((message) => ({ topic, ...message })), acks: -1 })
    },
    close: async () => {
      await producer.close(true)
    },
  }
}
