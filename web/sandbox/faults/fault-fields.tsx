import { Field } from '../../kit/parts/field.tsx'
import type { FaultField } from '../api/types.ts'
import { t } from '../text.ts'
import type { FaultForm } from './form.ts'

/** What the chosen kind needs to know, and which calls it hits. */
export function FaultFields({ form }: { form: FaultForm }) {
  const { menu, state, write } = form
  const own = menu.fieldOf(state.kind)
  return (
    <div class="fault-fields">
      {own === 'code' && <CodeSelect form={form} />}
      {own !== undefined && own !== 'code' && <NumberField form={form} name={own} isNeeded />}
      <NumberField form={form} name="times" />
      <Field
        id="match"
        name={t('field.match')}
        hint={t('hint.match')}
        value={state.values.match}
        isMono
        onInput={(value) => write('match', value)}
      />
      <NumberField form={form} name="percent" />
      {state.values.percent !== '' && <NumberField form={form} name="seed" />}
    </div>
  )
}

interface NumberFieldProps {
  form: FaultForm
  name: Exclude<FaultField, 'code'> | 'times' | 'percent' | 'seed'
  isNeeded?: boolean
}

function NumberField({ form: { menu, state, write }, name, isNeeded = false }: NumberFieldProps) {
  return (
    <Field
      id={name}
      name={t(`field.${name}`)}
      hint={t(`hint.${name}`)}
      value={state.values[name]}
      number={{ ...menu.rangeOf(name), step: name === 'percent' ? 'any' : 1, isNeeded }}
      onInput={(value) => write(name, value)}
    />
  )
}

function CodeSelect({ form: { menu, state, write } }: { form: FaultForm }) {
  return (
    <div class="field">
      <label for="code">{t('field.code')}</label>
      <select id="code" class="input number" onChange={(event) => write('code', event.currentTarget.value)}>
        {menu.codes.map((code) => (
          <option key={code} value={code} selected={code === state.values.code}>
            {code}
          </option>
        ))}
      </select>
      <span class="field-hint">{t('hint.code')}</span>
    </div>
  )
}
