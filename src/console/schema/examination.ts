import type { Finding } from '../../doctor/finding.ts'
import type { Examination } from '../examinations.ts'
import { builder } from './builder.ts'

const results: Record<'OK' | 'WRONG' | 'SKIPPED', { value: Finding['result'] }> = {
  OK: { value: 'ok' },
  WRONG: { value: 'wrong' },
  SKIPPED: { value: 'skipped' },
}
const FindingResultRef = builder.enumType('FindingResult', { values: results })

const FindingRef = builder.objectRef<Finding>('Finding').implement({
  description: 'What one check of the doctor has found, in the reader’s language.',
  fields: (t) => ({
    check: t.string({
      description: 'What was looked at.',
      resolve: ({ check }, _args, { language }) => check[language],
    }),
    result: t.expose('result', { type: FindingResultRef }),
    detail: t.string({
      description: 'What is right, what is wrong, or why it wasn’t checked.',
      resolve: ({ detail }, _args, { language }) => detail[language],
    }),
    remedy: t.string({
      nullable: true,
      description: 'How what is wrong is mended.',
      resolve: ({ remedy }, _args, { language }) => remedy?.[language],
    }),
  }),
})

const ExaminationRef = builder.objectRef<Examination>('Examination').implement({
  description: 'What `npm run doctor` finds of the console’s settings, the servers and WeChat.',
  fields: (t) => ({
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'Null while it goes on.' }),
    findings: t.field({
      type: [FindingRef],
      description: 'So far, in the order of the checks.',
      resolve: ({ findings }) => [...findings],
    }),
  }),
})

builder.subscriptionField('examination', (t) =>
  t.field({
    type: ExaminationRef,
    description:
      'Checks everything once, and ends: each event has the findings so far. One run at a time, which all who ask meanwhile share; the next one begins a few seconds later.',
    subscribe: (_root, _args, { examinations, isStillSignedIn, acquireStream, whenGone }) =>
      examinations.watch({ isStillSignedIn, whenGone, onStop: acquireStream() }),
    resolve: (examination) => examination,
  }),
)
