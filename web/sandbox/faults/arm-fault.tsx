import { Button } from '../../kit/parts/button.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Endpoint, FaultKind } from '../api/types.ts'
import { t, textOr } from '../text.ts'
import { FaultFields } from './fault-fields.tsx'
import type { FaultForm } from './form.ts'
import { type FaultMenu, GROUPS, groupOf } from './menu.ts'

/** What shall go wrong: where, how, and how often. */
export function ArmFault({ form }: { form: FaultForm }) {
  const { menu, state } = form
  const submit = (event: Event) => {
    event.preventDefault()
    void form.arm()
  }
  return (
    <Panel id="arm" title={t('armFault')}>
      <form onSubmit={submit}>
        <div class="field">
          <label for="endpoint">{t('faultWhere')}</label>
          <EndpointSelect form={form} />
        </div>
        <fieldset class="fault-kinds">
          <legend>{t('faultWhat')}</legend>
          {menu.kindsOf(state.endpoint).map((kind) => (
            <label key={kind} class="fault-kind">
              <input
                type="radio"
                name="kind"
                value={kind}
                checked={kind === state.kind}
                onChange={() => form.chooseKind(kind)}
              />
              <span>
                <strong>{t(`kind.${kind}`)}</strong> <code class="dim">{kind}</code>
                <span class="fault-does">{doesOf(menu, state.endpoint, kind)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <FaultFields form={form} />
        <div class="row-buttons arm-buttons">
          <Button id="arm-now" kind="main" text={t('arm')} isBusy={state.isBusy} />
          <p role="status" class="dim">
            {state.armed > 0 && t('armedNow', { count: state.armed })}
          </p>
        </div>
      </form>
    </Panel>
  )
}

function EndpointSelect({ form: { menu, state, chooseEndpoint } }: { form: FaultForm }) {
  return (
    <select
      id="endpoint"
      class="input"
      value={state.endpoint}
      onChange={(event) => chooseEndpoint(event.currentTarget.value as Endpoint)}
    >
      {GROUPS.map((group) => (
        <optgroup key={group} label={t(`group.${group}`)}>
          {menu.endpoints
            .filter((endpoint) => groupOf(menu, endpoint) === group)
            .map((endpoint) => (
              <option key={endpoint} value={endpoint} selected={endpoint === state.endpoint}>
                {t(`endpoint.${endpoint}`)}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  )
}

/** What happens, in one line; of a notice it may be something else than of a call. */
function doesOf(menu: FaultMenu, endpoint: Endpoint, kind: FaultKind): string {
  const usual = t(`does.${kind}`)
  return groupOf(menu, endpoint) === 'notices' ? textOr(`does.${kind}.notice`, usual) : usual
}
