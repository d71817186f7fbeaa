import './faults.css'
import { useState } from 'preact/hooks'
import { ViewHead } from '../../kit/parts/panel.tsx'
import { useStores } from '../../kit/store.ts'
import type { Listed } from '../api/types.ts'
import { FailureOf } from '../parts/failure.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { ArmFault } from './arm-fault.tsx'
import { ArmedFaults } from './armed-faults.tsx'
import { openFaultForm } from './form.ts'
import { readMenu } from './menu.ts'

/** Chooses what goes wrong at which call or notice, and shows what will. */
export function FaultsView({ stores }: { stores: Stores }) {
  return (
    <>
      <ViewHead title={t('view.faults')} />
      <p class="view-how">{t('faultsHow')}</p>
      <ViewOf of={stores.abilities}>{(abilities) => <Faults stores={stores} abilities={abilities} />}</ViewOf>
    </>
  )
}

function Faults({ stores, abilities }: { stores: Stores; abilities: { sandbox: Listed[] } }) {
  const [form] = useState(() => openFaultForm(readMenu(abilities), stores.faults.refresh))
  useStores(form)
  return (
    <div class="faults">
      <ArmFault form={form} />
      <div class="faults-side">
        {form.state.failure && <FailureOf failure={form.state.failure} />}
        <ViewOf of={stores.faults}>{(faults) => <ArmedFaults faults={faults} form={form} />}</ViewOf>
      </div>
    </div>
  )
}
