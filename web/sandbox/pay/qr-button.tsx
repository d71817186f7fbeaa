import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Dialog } from '../../kit/parts/dialog.tsx'
import { hrefOf } from '../route.ts'
import { t } from '../text.ts'
import { phoneUrl } from './phone-url.ts'
import { QrCode } from './qr-code.tsx'

/** Shows an order's QR code, which a phone scans in order to pay. */
export function QrButton({ outTradeNo }: { outTradeNo: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button text={`${t('showQr')} …`} about={outTradeNo} onClick={() => setOpen(true)} />
      {isOpen && (
        <Dialog id="qr" title={`${t('showQr')} · ${outTradeNo}`} isLocked={() => false} onClose={() => setOpen(false)}>
          {(close) => (
            <>
              <Scannable outTradeNo={outTradeNo} />
              <div class="dialog-buttons">
                <a class="button" href={hrefOf('pay', outTradeNo)}>
                  {t('openPhone')}
                </a>
                <Button text={t('close')} onClick={close} />
              </div>
            </>
          )}
        </Dialog>
      )}
    </>
  )
}

function Scannable({ outTradeNo }: { outTradeNo: string }) {
  const url = phoneUrl(location, outTradeNo)
  if (url === undefined) return <p id="loopback">{t('loopback', { host: location.hostname })}</p>
  return (
    <>
      <p class="qr-link">
        {t('qrHow')} <span class="number">{url}</span>
      </p>
      <QrCode text={url} name={t('qrOf', { url })} />
    </>
  )
}
