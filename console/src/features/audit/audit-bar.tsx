import type { ReactNode } from 'react'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import type { AuditFilters } from './audit-view.ts'
import { actions, describeAction } from './describe-entry.ts'
import { TenantFilter } from './tenant-filter.tsx'

const outcomeChoices = [
  { value: '', label: 'Any outcome' },
  { value: 'done', label: 'Done' },
  { value: 'denied', label: 'Denied' },
  { value: 'failed', label: 'Failed' },
] as const

/** Search and filters of the log; a filter that is set becomes a chip. */
export function AuditBar(props: {
  view: AuditFilters
  onChange: (changes: Partial<AuditFilters>, how?: { typing?: boolean }) => void
}): ReactNode {
  const { view, onChange } = props
  // An action of an address that this console does not know is a choice as well.
  const known = [...new Set([...actions, ...(view.action === undefined ? [] : [view.action])])]
  return (
    <>
      <SearchField
        label="Search the log"
        value={view.q}
        onSearch={(q) => onChange({ q }, { typing: true })}
        className="phone:basis-full"
      />
      <ChoiceMenu
        label="Action"
        icon="filter"
        keys="F"
        value={view.action ?? ''}
        choices={[
          { value: '', label: 'Any action' },
          ...known.map((action) => ({ value: action, label: describeAction(action) })),
        ]}
        onChoose={(action) => onChange({ action: action || undefined })}
      />
      <ChoiceMenu
        label="Outcome"
        value={view.outcome}
        choices={outcomeChoices}
        onChoose={(outcome) => onChange({ outcome })}
      />
      {view.tenant === undefined ? (
        <TenantFilter onChoose={(tenant) => onChange({ tenant })} />
      ) : (
        <FilterChip field="Tenant" operator="is" value={view.tenant} onRemove={() => onChange({ tenant: undefined })} />
      )}
    </>
  )
}
