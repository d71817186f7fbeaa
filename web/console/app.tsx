import '../kit/frame/frame.css'
import { useEffect, useState } from 'preact/hooks'
import { skip, useDocument, useFocusOnChange } from '../kit/frame/document.ts'
import { language } from '../kit/language.ts'
import { Button } from '../kit/parts/button.tsx'
import { useStores } from '../kit/store.ts'
import { ActDialog } from './acts/act-dialog.tsx'
import type { Me } from './api/types.ts'
import { BillScreen } from './bill/bill-screen.tsx'
import { BoardScreen } from './board/board-screen.tsx'
import { CheckScreen } from './check/check-screen.tsx'
import { DecideScreen } from './decide/decide-screen.tsx'
import { JobsScreen } from './decide/jobs-screen.tsx'
import { EventsScreen } from './events/events-screen.tsx'
import { FindScreen } from './find/find-screen.tsx'
import { Head } from './frame/head.tsx'
import { Views } from './frame/views.tsx'
import { FailureOf } from './parts/failure.tsx'
import type { Router } from './route.ts'
import { OtherLink } from './session/other-link.tsx'
import { OtherTab } from './session/other-tab.tsx'
import type { Session } from './session/session.ts'
import { SignIn } from './session/sign-in.tsx'
import { openStores, type Stores } from './stores.ts'
import { t } from './text.ts'

interface AppProps {
  session: Session
  route: Router
}

/** The console: a frame with one view in it, once somebody is signed in. */
export function App({ session, route }: AppProps) {
  useStores(session, route, language)
  const { me, failure } = session.state
  const { view, part } = route.state
  useDocument(`${me ? t(`view.${view}`) : t('signIn')} · looklook-pay`)
  useFocusOnChange(view === 'find' ? `${view}/${part}` : view)
  if (me === undefined && failure) return <Unreachable session={session} />
  if (me) return <Frame key={me.id} session={session} route={route} me={me} />
  return (
    <div class="frame">
      <Head />
      <SignIn session={session} />
    </div>
  )
}

interface FrameProps extends AppProps {
  me: Me
}

/** What one operator sees, and is in the midst of. */
function Frame({ session, route, me }: FrameProps) {
  const [stores] = useState(openStores)
  const { view } = route.state
  useEffect(() => {
    // What waits for a person is counted in every view. The board reads it itself.
    if (view !== 'board') void stores.board.now.load(undefined)
  }, [view])
  return (
    <div class="frame">
      <a class="skip" href="#view-title" onClick={skip}>
        {t('skip')}
      </a>
      <Head me={me} session={session} route={route} />
      <Views view={view} board={stores.board.now} />
      <main class="view" data-view={view}>
        <OtherTab session={session} me={me} acts={stores.acts} />
        <ViewOfRoute {...stores} route={route} me={me} />
      </main>
      <ActDialog acts={stores.acts} />
      <OtherLink session={session} me={me} acts={stores.acts} />
    </div>
  )
}

function ViewOfRoute({
  route,
  me,
  board,
  find,
  decide,
  bill,
  events,
  check,
  acts,
}: Stores & { route: Router; me: Me }) {
  useStores(board, board.now, board.hours, find, decide.waiting, decide.trail, bill.days, bill.day)
  useStores(events.all, events.deliveries, check)
  const { view, part } = route.state
  const canAct = me.role === 'OPERATOR'
  const by = { acts, canAct }
  switch (view) {
    case 'board':
      return <BoardScreen board={board} />
    case 'find':
      return <FindScreen find={find} text={part} by={by} />
    case 'decide':
      return <DecideScreen decide={decide} by={by} />
    case 'bill':
      return <BillScreen bill={bill} part={part} by={by} />
    case 'jobs':
      return <JobsScreen decide={decide} by={by} />
    case 'events':
      return <EventsScreen events={events} part={part} by={by} />
    case 'check':
      return <CheckScreen check={check} />
  }
}

/** The server hasn't said yet who is signed in, and doesn't answer. */
function Unreachable({ session }: { session: Session }) {
  const { failure } = session.state
  return (
    <div class="frame">
      <Head />
      <main class="sign-in">
        {failure && <FailureOf failure={failure} />}
        <Button text={t('tryAgain')} onClick={() => void session.read()} />
      </main>
    </div>
  )
}
