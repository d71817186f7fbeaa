import '../parts/opener.css'
import { instant } from '../../kit/figures.ts'
import { Button } from '../../kit/parts/button.tsx'
import { Mark } from '../../kit/parts/mark.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import { Scrolled } from '../../kit/scrolled.tsx'
import { call } from '../api/call.ts'
import type { PlatformCertificate, PublicKey, Settings } from '../api/types.ts'
import { useWork } from '../live/work.ts'
import { FailureOf } from '../parts/failure.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'

/** WeChat Pay's keys: which there are, which sign, and what makes new ones. */
export function KeyPanels({ settings, stores }: { settings: Settings; stores: Stores }) {
  return (
    <>
      <ViewOf of={stores.publicKeys}>
        {(keys) => <PublicKeys keys={keys} settings={settings} onChange={stores.publicKeys.refresh} />}
      </ViewOf>
      <ViewOf of={stores.certificates}>
        {(certificates) => (
          <Certificates certificates={certificates} settings={settings} onChange={stores.certificates.refresh} />
        )}
      </ViewOf>
    </>
  )
}

interface PublicKeysProps {
  keys: PublicKey[]
  settings: Settings
  onChange: () => Promise<void>
}

function PublicKeys({ keys, settings, onChange }: PublicKeysProps) {
  const work = useWork()
  const rotate = () =>
    work.run(async () => {
      await call('POST /sandbox/public-key', {})
      await onChange()
    })
  const isUsed = settings.signedBy !== 'certificates'
  const newestFirst = keys.toReversed()
  return (
    <Panel
      id="public-keys"
      title={t('publicKeys')}
      count={keys.length}
      aside={<Button id="new-public-key" text={t('newPublicKey')} isBusy={work.isBusy} onClick={rotate} />}
    >
      <p class="dim">{t('publicKeysHow')}</p>
      {work.failure && <FailureOf failure={work.failure} />}
      <ul class="keys">
        {newestFirst.map(({ publicKeyId, publicKey }, index) => (
          <Key key={publicKeyId} name={publicKeyId} pem={publicKey} mark={isUsed ? publicKeyMark(index) : 'unused'} />
        ))}
      </ul>
    </Panel>
  )
}

function publicKeyMark(index: number): KeyMark {
  return index === 0 ? 'signs' : 'signsOnRequest'
}

interface CertificatesProps {
  certificates: PlatformCertificate[]
  settings: Settings
  onChange: () => Promise<void>
}

function Certificates({ certificates, settings, onChange }: CertificatesProps) {
  const work = useWork()
  const issue = () =>
    work.run(async () => {
      await call('POST /sandbox/certificates', {})
      await onChange()
    })
  const isUsed = settings.signedBy !== 'public-key'
  const mark: KeyMark = certificates.length > 1 ? 'signsInTurn' : 'signs'
  const button = isUsed && (
    <Button id="new-certificate" text={t('newCertificate')} isBusy={work.isBusy} onClick={issue} />
  )
  return (
    <Panel id="certificates" title={t('certificates')} count={certificates.length} aside={button}>
      <p class="dim">{t(isUsed ? 'certificatesHow' : 'certificatesNone')}</p>
      {work.failure && <FailureOf failure={work.failure} />}
      <ul class="keys">
        {certificates.map(({ serial, certificate, endsAt }) => (
          <Key
            key={serial}
            name={serial}
            pem={certificate}
            mark={mark}
            note={t('validUntil', { at: instant(endsAt) })}
          />
        ))}
      </ul>
    </Panel>
  )
}

/** What a key does now. */
type KeyMark = 'signs' | 'signsInTurn' | 'signsOnRequest' | 'unused'

interface KeyProps {
  name: string
  pem: string
  mark: KeyMark
  note?: string
}

function Key({ name, pem, mark, note }: KeyProps) {
  return (
    <li>
      <details>
        <summary class="opener">
          <span class="number">{name}</span>
          <Mark text={t(`key.${mark}`)} tone={mark === 'signs' || mark === 'signsInTurn' ? 'good' : 'quiet'} />
          {note && <span class="dim">{note}</span>}
        </summary>
        <Scrolled class="pem" name={name}>
          {pem}
        </Scrolled>
      </details>
    </li>
  )
}
