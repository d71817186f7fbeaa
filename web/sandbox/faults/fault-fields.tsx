import { Field } from '../../kit/parts/field.tsx'
import type { FaultField } from '../api/types.ts'
import { Choice } from '../parts/choice.tsx'
import { t } from '../text.ts'
import type { FaultForm } from './form.ts'

/** What the chosen kind needs to know, and which calls it hits. */
export function FaultFields({ form }: { form: FaultForm }) {
  const { menu, state, write } = form
  const own = menu.fieldOf(state.kind)
  return (
    <div class="fault-fields">
      {own === 'code' && (
        <Choice
          id="code"
          name={t('faultField.code')}
          hint={t('faultHint.code')}
          value={state.values.code}
          choices={menu.codes}
          onInput={(value) => write('code', value)}
        />
      )}
      {own !== undefined && own !== 'code' && <NumberField form={form} name={own} isNeeded />}
      <NumberField form={form} name="times" />
      <Field
        id="match"
        name={t('faultField.match')}
        hint={t('faultHint.match')}
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
      name={t(`faultField.${name}`)}
      hint={t(`faultHint.${name}`)}
      value={state.values[name]}
      number={{ ...menu.rangeOf(name), step: name === 'percent' ? 'any' : 1, isNeeded }}
      onInput={(value) => write(name, value)}
    />
  )
}
