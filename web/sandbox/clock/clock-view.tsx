import './clock.css'
import { ViewHead } from '../../kit/parts/panel.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { KeyPanels } from './keys.tsx'
import { SettingsPanel } from './settings.tsx'
import { TimePanel } from './time.tsx'

/** Moves the sandbox's clock, makes new keys, and says how the sandbox behaves. */
export function ClockView({ stores }: { stores: Stores }) {
  return (
    <>
      <ViewHead title={t('view.clock')} />
      <div class="clock">
        <ViewOf of={stores.clock}>{(clock) => <TimePanel clock={clock} onChange={stores.clock.refresh} />}</ViewOf>
        <ViewOf of={stores.settings}>
          {(settings) => (
            <>
              <KeyPanels settings={settings} stores={stores} />
              <SettingsPanel settings={settings} onChange={stores.settings.refresh} />
            </>
          )}
        </ViewOf>
      </div>
    </>
  )
}
