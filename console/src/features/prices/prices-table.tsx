import { useState, type ReactNode } from 'react'
import { IconButton } from '../../ui/icon-button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { MenuItem } from '../../ui/menu-items.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Table } from '../../ui/table.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { PriceForm } from './price-form.tsx'
import { PriceHistory } from './price-history.tsx'
import { formatRate, nameProvider, type PricedModel } from './price-words.ts'
import type { Price } from './use-prices.ts'
import { useSetPrice } from './use-set-price.ts'

const columns: readonly Column<PricedModel>[] = [
  {
    key: 'model',
    head: 'Model',
    cell: ({ model, provider }) => (
      <span className="flex min-w-0 flex-col" title={model}>
        <span className="truncate font-mono text-[12px]/[16px] font-medium text-ink">{model}</span>
        <span className="truncate text-meta font-normal text-ink-3">{nameProvider(provider)}</span>
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
  { key: 'since', head: 'Since', width: '110px', align: 'end', cell: ({ shown }) => <When time={shown.valid_from} /> },
  { key: 'menu', head: 'Actions', width: '76px', align: 'end', cell: (model) => <PriceMenu priced={model} /> },
]

/** Models with the price in force, and what can be done with it. */
export function PricesTable(props: { models: readonly PricedModel[] }): ReactNode {
  return <Table label="Prices" rows={props.models} keyOf={({ key }) => key} columns={columns} phoneRow={drawPhoneRow} />
}

function drawPhoneRow(priced: PricedModel): ReactNode {
  return (
    <div className="flex h-full items-center pe-1">
      <div className="min-w-0 flex-1">
        <ListRow
          name={<span className="font-mono text-[12px]">{priced.model}</span>}
          detail={nameProvider(priced.provider)}
          number={`${formatRate(priced.shown.input_per_million_micro_usd)} in`}
          below={<span className="tabular-nums">{formatRate(priced.shown.output_per_million_micro_usd)} out</span>}
        />
      </div>
      <PriceMenu priced={priced} />
    </div>
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
      {open === 'history' && <PriceHistory priced={priced} onClose={close} />}
    </>
  )
}

function NewPriceDialog(props: { before: Price; onClose: () => void }): ReactNode {
  const { set, busy, error } = useSetPrice(props.onClose)
  return <PriceForm before={props.before} busy={busy} error={error} onSave={set} onClose={props.onClose} />
}
