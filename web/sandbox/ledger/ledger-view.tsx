import './ledger-view.css'
import '../../kit/parts/field.css'
import type { ComponentChildren } from 'preact'
import { count } from '../../kit/figures.ts'
import { ViewHead } from '../../kit/parts/panel.tsx'
import { useStores } from '../../kit/store.ts'
import { ActForm } from '../acts/act-form.tsx'
import { payCodeAct } from '../acts/money-acts.ts'
import type { ShownLedger } from '../api/types.ts'
import { ViewOf } from '../parts/view-of.tsx'
import { hrefOf } from '../route.ts'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { ComplaintRow } from './complaint-row.tsx'
import { ConsentRow } from './consent-row.tsx'
import { KINDS, type Kind, kindOf } from './kinds.ts'
import type { LedgerWatch } from './ledger.ts'
import { MessageRow } from './message-row.tsx'
import { NoticeRow } from './notice-row.tsx'
import { OrderRow } from './order-row.tsx'
import { RefundRow } from './refund-row.tsx'

/** What WeChat remembers, and what can happen to it. */
export function LedgerView({ stores, part }: { stores: Stores; part: string }) {
  const kind = kindOf(part)
  return (
    <>
      <ViewHead title={t('view.ledger')}>
        <LookFor ledger={stores.ledger} />
      </ViewHead>
      <details class="panel pay-code">
        <summary>{t('payCode')}</summary>
        <ActForm id="pay-code" act={payCodeAct} stores={stores} isWide />
      </details>
      <Done stores={stores} />
      <ViewOf of={stores.ledger}>
        {(ledger) => (
          <>
            <Kinds ledger={ledger} current={kind} />
            <Rows kind={kind} ledger={ledger} stores={stores} />
          </>
        )}
      </ViewOf>
    </>
  )
}

function LookFor({ ledger }: { ledger: LedgerWatch }) {
  useStores(ledger.filter)
  return (
    <input
      id="look-for"
      class="input look-for"
      type="search"
      aria-label={t('lookFor')}
      placeholder={t('lookForHint')}
      value={ledger.filter.state.mentions}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      maxLength={128}
      onInput={(event) => ledger.lookFor(event.currentTarget.value)}
    />
  )
}

/** What was done last, read out as well. */
function Done({ stores: { done } }: { stores: Stores }) {
  useStores(done)
  const { text } = done.state
  return (
    <p class={text === '' ? 'unseen' : 'done'} id="done" role="status">
      {text}
    </p>
  )
}

function Kinds({ ledger, current }: { ledger: ShownLedger; current: Kind }) {
  return (
    <nav class="kinds" aria-label={t('kinds')}>
      {KINDS.map((kind) => (
        <a key={kind} href={hrefOf('ledger', kind)} aria-current={kind === current ? 'page' : undefined}>
          {t(`kind.${kind}`)} <span class="kinds-count">{count(ledger.totals[kind])}</span>
        </a>
      ))}
    </nav>
  )
}

interface RowsProps {
  kind: Kind
  ledger: ShownLedger
  stores: Stores
}

function Rows({ kind, ledger, stores }: RowsProps) {
  const total = ledger.totals[kind]
  const shown = ledger[kind].length
  return (
    <section aria-label={t(`kind.${kind}`)} id={kind}>
      {shown < total && <p class="aside">{t('onlyNewest', { shown: count(shown), total: count(total) })}</p>}
      {shown === 0 && <p class="empty">{nothing(kind, stores)}</p>}
      <ul class="rows">{rowsOf(kind, ledger, stores).toReversed()}</ul>
    </section>
  )
}

function nothing(kind: Kind, { ledger }: Stores): string {
  const text = ledger.filter.state.mentions
  if (text !== '') return t('nothingMentions', { text })
  return t(kind === 'orders' ? 'none.orders' : 'none')
}

function rowsOf(kind: Kind, ledger: ShownLedger, stores: Stores): ComponentChildren[] {
  switch (kind) {
    case 'orders':
      return ledger.orders.map((order) => <OrderRow key={order.outTradeNo} order={order} stores={stores} />)
    case 'refunds':
      return ledger.refunds.map((refund) => <RefundRow key={refund.outRefundNo} refund={refund} stores={stores} />)
    case 'notices':
      return ledger.notices.map((notice) => <NoticeRow key={notice.noticeId} notice={notice} stores={stores} />)
    case 'messages':
      return ledger.messages.map((message) => <MessageRow key={message.messageId} message={message} />)
    case 'complaints':
      return ledger.complaints.map((each) => <ComplaintRow key={each.complaintId} complaint={each} stores={stores} />)
    case 'consents':
      return ledger.consents.map((each) => <ConsentRow key={`${each.openid} ${each.templateId}`} consent={each} />)
  }
}
