import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatCount, formatPlural } from '../../lib/numbers.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isForbidden, SuperusersOnly } from '../../panels/superusers-only.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { TableFoot } from '../../ui/table-foot.tsx'
import { PriceForm } from './price-form.tsx'
import { groupPrices } from './price-words.ts'
import { PricesTable } from './prices-table.tsx'
import { useSetPrice } from './use-set-price.ts'
import { getPricesQueryOptions, type Prices } from './use-prices.ts'

/** What models cost, version by version, and those of which nobody knows. */
export function PricesPage(): ReactNode {
  const prices = useQuery(getPricesQueryOptions(useApi()))
  const [adding, setAdding] = useState(false)
  if (isForbidden(prices)) return <SuperusersOnly title="Prices" what="Prices are" />
  return (
    <>
      <PageHeader
        title="Prices"
        above={{ to: '/system', name: 'System' }}
        actions={
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Icon name="plus" className="shrink-0" />
            Set price
          </Button>
        }
      />
      <QueryPanel what="Prices" query={prices} skeleton={<TableSkeleton rows={8} />}>
        {({ items, unpriced }) => {
          const models = groupPrices(items)
          return (
            <>
              {unpriced.length > 0 && <UnpricedModels models={unpriced} />}
              <PricesTable models={models} />
              <TableFoot>
                {formatPlural(models.length, 'model')}, in US dollars for a million tokens. A model that is not here has
                no price: its cost is unknown, never zero.
              </TableFoot>
            </>
          )
        }}
      </QueryPanel>
      {adding && <SetPriceDialog onClose={() => setAdding(false)} />}
    </>
  )
}

function UnpricedModels(props: { models: Prices['unpriced'] }): ReactNode {
  const [chosen, setChosen] = useState<Prices['unpriced'][number]>()
  return (
    <div className="flex flex-col gap-2 border-b border-line px-6 py-4 phone:px-4">
      {props.models.map((model) => (
        <Notice key={`${model.provider}/${model.model}`} tone="warn" icon="wait" title={`${model.model} has no price`}>
          {formatCount(model.calls)} {model.calls === 1 ? 'call' : 'calls'} of the last 30 days{' '}
          {model.calls === 1 ? 'has' : 'have'} no cost. Budgets refuse this model.{' '}
          <button type="button" className="link" onClick={() => setChosen(model)}>
            Set its price
          </button>
        </Notice>
      ))}
      {chosen && <SetPriceDialog unpriced={chosen} onClose={() => setChosen(undefined)} />}
    </div>
  )
}

function SetPriceDialog(props: { unpriced?: { provider: string; model: string }; onClose: () => void }): ReactNode {
  const { set, busy, error } = useSetPrice(props.onClose)
  return <PriceForm unpriced={props.unpriced} busy={busy} error={error} onSave={set} onClose={props.onClose} />
}
