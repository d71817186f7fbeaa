import './progress.css'
import type { GuestState } from '../guest/state.ts'
import { storyOf } from '../guest/story.ts'
import { t } from '../text.ts'

/** How far the guest is, and what to do next. */
export function Progress({ state }: { state: GuestState }) {
  const { steps, current, hint } = storyOf(state)
  return (
    <section class="progress" aria-label={t('steps')}>
      <ol class="steps" id="steps">
        {steps.map((name, index) => (
          <li key={name} class={index < current ? 'done' : ''} aria-current={index === current ? 'step' : undefined}>
            <span>{t(name)}</span>
          </li>
        ))}
      </ol>
      <p class="hint" id="hint" role="status">
        {t(hint)}
      </p>
    </section>
  )
}
