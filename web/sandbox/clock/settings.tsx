import { useState } from 'preact/hooks'
import { Panel } from '../../kit/parts/panel.tsx'
import { Switch } from '../../kit/switch.tsx'
import { call } from '../api/call.ts'
import type { Settings } from '../api/types.ts'
import { useWork } from '../live/work.ts'
import { Choice } from '../parts/choice.tsx'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'

/** In the order in which they are shown; each name is one of the settings. */
const NUMBERS = [
  'noticeScheduleFactor',
  'refundDelayMs',
  'refundIntervalMs',
  'answerProbePercent',
  'noticeProbePercent',
] as const satisfies (keyof Settings)[]
const SWITCHES = ['billsAtOnce', 'tradeManaged'] as const satisfies (keyof Settings)[]
const SIGNERS = ['public-key', 'both', 'certificates'] as const satisfies Settings['signedBy'][]
const UNION_IDS = ['absent', 'null', 'empty'] as const satisfies Settings['unionid'][]

interface SettingsPanelProps {
  settings: Settings
  onChange: () => Promise<void>
}

type Change = (changes: Partial<Settings>) => void

/** How the sandbox behaves. Each change holds at once, until the sandbox ends. */
export function SettingsPanel({ settings, onChange }: SettingsPanelProps) {
  const work = useWork()
  const change: Change = (changes) =>
    work.run(async () => {
      await call('POST /sandbox/settings', changes)
      await onChange()
    })
  return (
    <Panel id="settings" title={t('settings')}>
      <p class="dim">{t('settingsHow')}</p>
      {work.failure && <FailureOf failure={work.failure} />}
      <div class="settings">
        <Chosen name="signedBy" choices={SIGNERS} settings={settings} onChoice={(signedBy) => change({ signedBy })} />
        {settings.signedBy === 'both' && <PublicKeyShare settings={settings} change={change} />}
        {NUMBERS.map((name) => (
          <NumberSetting
            key={name}
            name={name}
            value={settings[name]}
            onChange={(value) => change({ [name]: value })}
          />
        ))}
        <Chosen name="unionid" choices={UNION_IDS} settings={settings} onChoice={(unionid) => change({ unionid })} />
        {SWITCHES.map((name) => (
          <label key={name} class="setting-switch">
            <span>
              {t(`setting.${name}`)}
              <span class="field-hint">{t(`settingHint.${name}`)}</span>
            </span>
            <Switch id={name} isOn={settings[name]} onChange={(isOn) => change({ [name]: isOn })} />
          </label>
        ))}
      </div>
    </Panel>
  )
}

interface NumberSettingProps {
  name: (typeof NUMBERS)[number] | 'publicKeyPercent'
  value: number
  onChange: (value: number) => void
}

/** Changes when it is left, or by Enter. What the sandbox refuses goes back to what it was; what is no such number stays, and the browser says why. */
function NumberSetting({ name, value, onChange }: NumberSettingProps) {
  const [typed, setTyped] = useState<string>()
  return (
    <div class="field">
      <label for={name}>{t(`setting.${name}`)}</label>
      <input
        id={name}
        class="input"
        type="number"
        min={0}
        step="any"
        required
        value={typed ?? String(value)}
        aria-describedby={`${name}-note`}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={({ currentTarget }) => {
          if (!currentTarget.reportValidity()) return
          onChange(currentTarget.valueAsNumber)
          setTyped(undefined)
        }}
      />
      <span class="field-hint" id={`${name}-note`}>
        {t(`settingHint.${name}`)}
      </span>
    </div>
  )
}

function PublicKeyShare({ settings, change }: { settings: Settings; change: Change }) {
  const { publicKeyPercent: percent } = settings
  return (
    <>
      <label class="setting-switch">
        <span>
          {t('publicKeyRamp')}
          <span class="field-hint">{t('publicKeyRampHint')}</span>
        </span>
        <Switch
          id="publicKeyRamp"
          isOn={percent === 'ramp'}
          onChange={(isOn) => change({ publicKeyPercent: isOn ? 'ramp' : 100 })}
        />
      </label>
      {percent !== 'ramp' && (
        <NumberSetting
          name="publicKeyPercent"
          value={percent}
          onChange={(publicKeyPercent) => change({ publicKeyPercent })}
        />
      )}
    </>
  )
}

interface ChosenProps<Name extends 'signedBy' | 'unionid'> {
  name: Name
  choices: readonly Settings[Name][]
  settings: Settings
  onChoice: (value: Settings[Name]) => void
}

function Chosen<Name extends 'signedBy' | 'unionid'>({ name, choices, settings, onChoice }: ChosenProps<Name>) {
  return (
    <Choice
      id={name}
      name={t(`setting.${name}`)}
      hint={t(`settingHint.${name}`)}
      value={settings[name]}
      choices={choices}
      onInput={(value) => onChoice(value as Settings[Name])}
    />
  )
}
