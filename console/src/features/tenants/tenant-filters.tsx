import { useMemo, useState, type ReactNode } from 'react'
import { formatCount } from '../../lib/numbers.ts'
import { formatDay } from '../../lib/format.ts'
import { useNow } from '../../lib/use-now.ts'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { DayField } from '../../ui/day-field.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Popover } from '../../ui/popover.tsx'
import { SelectField } from '../../ui/select-field.tsx'
import { noModel, type TenantsState } from './tenants.view.ts'

type Filters = Pick<TenantsState, 'model' | 'from' | 'to'>

/** Filters by model and by the day a tenant was created; one that is set becomes a chip. */
export function TenantFilters(props: {
  filters: Filters
  /** The models that tenants name, with how many; null for those that name none. */
  models: readonly { model: string | null; tenants: number }[]
  onChange: (changes: Partial<Filters>) => void
}): ReactNode {
  const { filters, onChange } = props
  const [open, setOpen] = useState(false)
  useCommands(useMemo(() => [{ ...filterCommand, run: () => setOpen(true) }], []))
  const today = useNow().toISOString().slice(0, 10)
  const listed = props.models.map(({ model, tenants }) => ({
    value: model ?? noModel,
    label: `${nameModel(model ?? noModel)} (${formatCount(tenants)})`,
  }))
  // A model of an address that no tenant names (any more) is a choice as well.
  const isListed = filters.model === undefined || listed.some(({ value }) => value === filters.model)
  const unlisted = isListed ? [] : [{ value: filters.model ?? '', label: nameModel(filters.model ?? '') }]
  return (
    <>
      <Popover
        label="Filter tenants"
        open={open}
        onOpenChange={setOpen}
        className="w-[344px] max-w-[calc(100vw-32px)]"
        trigger={
          <Button>
            <Icon name="filter" className="shrink-0 text-ink-3" />
            Filter
          </Button>
        }
      >
        <div className="flex flex-col gap-2">
          <SelectField
            label="Model"
            value={filters.model ?? ''}
            choices={[{ value: '', label: 'Any model' }, ...listed, ...unlisted]}
            onChange={({ target }) => onChange({ model: target.value || undefined })}
          />
          <fieldset className="relative flex flex-col gap-[6px]">
            <legend className="mb-[6px] font-medium text-ink">Created</legend>
            <div className="flex items-center gap-2">
              <DayField
                optional
                label="Created from"
                value={filters.from ?? ''}
                max={filters.to ?? today}
                onChoose={(from) => onChange({ from: from || undefined })}
              />
              <span aria-hidden="true" className="text-ink-3">
                to
              </span>
              <DayField
                optional
                label="Created until"
                value={filters.to ?? ''}
                max={today}
                onChoose={(to) => onChange({ to: to || undefined })}
              />
            </div>
            <p className="text-meta text-ink-3">Days in UTC, both included.</p>
          </fieldset>
        </div>
      </Popover>
      {filters.model !== undefined && (
        <FilterChip
          field="Model"
          operator="is"
          value={nameModel(filters.model)}
          onRemove={() => onChange({ model: undefined })}
        />
      )}
      {filters.from !== undefined && (
        <FilterChip
          field="Created"
          operator="from"
          value={formatDay(filters.from)}
          onRemove={() => onChange({ from: undefined })}
        />
      )}
      {filters.to !== undefined && (
        <FilterChip
          field="Created"
          operator="until"
          value={formatDay(filters.to)}
          onRemove={() => onChange({ to: undefined })}
        />
      )}
    </>
  )
}

const filterCommand: Omit<Command, 'run'> = {
  id: 'list.filter',
  name: 'Filter tenants',
  group: 'In a list',
  keys: 'F',
  palette: false,
}

function nameModel(model: string): string {
  return model === noModel ? 'The default' : model
}
