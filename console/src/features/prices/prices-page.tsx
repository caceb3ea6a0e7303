import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatCount, formatPlural } from '../../lib/numbers.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { NoPermission } from '../../ui/empty-state.tsx'
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
  if (prices.data === undefined && prices.error && toProblem(prices.error).status === 403) return <Closed />
  return (
    <>
      <PageHeader
        title="Prices"
        heading={<Heading />}
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

function Heading(): ReactNode {
  return (
    <div className="flex min-w-0 items-center gap-x-[10px]">
      <nav aria-label="Above" className="flex items-center gap-[6px]">
        <Link to="/system" className="rounded-xs text-ink-2 hover:text-ink hover:underline">
          System
        </Link>
        <Icon name="chevron-right" className="size-[14px] text-ink-3" />
      </nav>
      <h1 className="text-title font-semibold tracking-[-.015em] text-ink">Prices</h1>
    </div>
  )
}

function Closed(): ReactNode {
  return (
    <>
      <PageHeader title="Prices" />
      <NoPermission title="Prices are for superusers" back={<ButtonLink to="/">Go home</ButtonLink>}>
        A superuser can look something up for you, or make you one.
      </NoPermission>
    </>
  )
}
