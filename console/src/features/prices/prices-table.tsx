import { useState, type ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { State } from '../../ui/state.tsx'
import { Table } from '../../ui/table.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { PriceForm } from './price-form.tsx'
import { formatRate, type PricedModel } from './price-words.ts'
import { type Price, useRemovePrice } from './use-prices.ts'
import { useSetPrice } from './use-set-price.ts'

const columns: readonly Column<PricedModel>[] = [
  {
    key: 'model',
    head: 'Model',
    cell: ({ model, provider }) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate font-mono text-[12px]/[16px] font-medium text-ink">{model}</span>
        <span className="truncate text-meta font-normal text-ink-3">{provider}</span>
      </span>
    ),
  },
  {
    key: 'input',
    head: 'Input',
    width: '110px',
    align: 'end',
    cell: ({ shown }) => formatRate(shown.input_per_million_micro_usd),
  },
  {
    key: 'cached',
    head: 'Cached input',
    width: '130px',
    align: 'end',
    cell: ({ shown }) => formatRate(shown.cached_input_per_million_micro_usd),
  },
  {
    key: 'output',
    head: 'Output',
    width: '110px',
    align: 'end',
    cell: ({ shown }) => formatRate(shown.output_per_million_micro_usd),
  },
  { key: 'since', head: 'Since', width: '130px', cell: ({ shown }) => <When time={shown.valid_from} /> },
  { key: 'menu', head: 'Actions', width: '76px', align: 'end', cell: (model) => <PriceMenu priced={model} /> },
]

/** Models with the price in force, and what can be done with it. */
export function PricesTable(props: { models: readonly PricedModel[] }): ReactNode {
  return <Table label="Prices" rows={props.models} keyOf={({ key }) => key} columns={columns} phoneRow={drawPhoneRow} />
}

function drawPhoneRow(priced: PricedModel): ReactNode {
  return (
    <ListRow
      name={<span className="font-mono text-[12px]">{priced.model}</span>}
      detail={priced.provider}
      number={`${formatRate(priced.shown.input_per_million_micro_usd)} / ${formatRate(priced.shown.output_per_million_micro_usd)}`}
      below={<PriceMenu priced={priced} />}
    />
  )
}

function PriceMenu(props: { priced: PricedModel }): ReactNode {
  const { priced } = props
  const [open, setOpen] = useState<'price' | 'history'>()
  const close = (): void => setOpen(undefined)
  return (
    <>
      <Menu trigger={<IconButton icon="more" label={`Actions for ${priced.model}`} />}>
        <MenuItem onSelect={() => setOpen('price')}>Set new price…</MenuItem>
        <MenuItem onSelect={() => setOpen('history')}>Show history…</MenuItem>
      </Menu>
      {open === 'price' && <NewPriceDialog before={priced.shown} onClose={close} />}
      {open === 'history' && <HistoryDialog priced={priced} onClose={close} />}
    </>
  )
}

function NewPriceDialog(props: { before: Price; onClose: () => void }): ReactNode {
  const { set, busy, error } = useSetPrice(props.onClose)
  return <PriceForm before={props.before} busy={busy} error={error} onSave={set} onClose={props.onClose} />
}

const stateWords = {
  coming: { kind: 'attention', word: 'To come' },
  current: { kind: 'fine', word: 'In force' },
  past: { kind: 'suspended', word: 'Past' },
} as const

function HistoryDialog(props: { priced: PricedModel; onClose: () => void }): ReactNode {
  const { model, versions } = props.priced
  const remove = useRemovePrice()
  const toasts = useToasts()
  const removeVersion = async (price: Price): Promise<void> => {
    try {
      await remove.mutateAsync(price)
      toasts.done(`Price of ${model} removed`, { detail: 'What was counted by it stays as it was.' })
      if (versions.length === 1) props.onClose()
    } catch (thrown) {
      const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'other' })
      toasts.failed(title, { detail: advice })
    }
  }
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Prices of ${model}`}
      description={`${formatPlural(versions.length, 'version')}, in US dollars for a million tokens.`}
      foot={<Button onClick={props.onClose}>Close history</Button>}
    >
      <ul className="mt-3 flex flex-col">
        {versions.map((version) => (
          <li key={version.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line py-[10px]">
            <div className="min-w-0 flex-1">
              <p className="text-ink tabular-nums">
                {formatRate(version.input_per_million_micro_usd)} input,{' '}
                {formatRate(version.cached_input_per_million_micro_usd)} cached,{' '}
                {formatRate(version.output_per_million_micro_usd)} output
              </p>
              <p className="flex flex-wrap items-center gap-x-3 text-meta text-ink-3">
                <State kind={stateWords[version.state].kind}>{stateWords[version.state].word}</State>
                <span>
                  from <When time={version.valid_from} /> on
                </span>
              </p>
            </div>
            <Button
              busy={remove.isPending && remove.variables.id === version.id}
              onClick={() => void removeVersion(version)}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
