import './sign-in.css'
import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Field } from '../../kit/parts/field.tsx'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import { type Session, tokenIn } from './session.ts'

/** What is shown while nobody is signed in: how to get a link, and room for one. */
export function SignIn({ session }: { session: Session }) {
  const { isBusy, failure, isOver, offered = '' } = session.state
  const [link, setLink] = useState(offered)
  const [isWrong, setWrong] = useState(false)
  const submit = (event: Event) => {
    event.preventDefault()
    const token = tokenIn(link)
    setWrong(token === undefined)
    if (token !== undefined) void session.signIn(token)
  }
  return (
    <main class="sign-in">
      <h1 class="view-title" id="view-title" tabIndex={-1}>
        {t(isOver ? 'sessionOver' : 'signIn')}
      </h1>
      {failure && <FailureOf failure={failure} />}
      <p>{t('signInHow')}</p>
      <p class="command" lang="en">
        npm run admin -- operator add {t('yourName')}
      </p>
      <form onSubmit={submit}>
        <Field
          id="link"
          name={t('link')}
          value={link}
          failure={isWrong ? t('linkWrong') : undefined}
          onInput={setLink}
        />
        <Button id="sign-in" kind="main" text={t('signInDo')} isBusy={isBusy} />
      </form>
    </main>
  )
}
