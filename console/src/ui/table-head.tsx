import type { ReactNode } from 'react'
import type { Sort } from '../lib/sort-rows.ts'
import { classNames } from './class-names.ts'
import { Icon } from './icons.tsx'
import type { Column } from './table-column.ts'

/** The head of a table: sortable columns are buttons; pressing the sorted one turns it round. */
export function TableHead<Row>(props: {
  columns: readonly Column<Row>[]
  sort: Sort | undefined
  onSort: ((sort: Sort) => void) | undefined
  sticky: boolean
  cellClass: (column: Column<Row>) => string
}): ReactNode {
  const { columns, sort, onSort } = props
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const sorted = sort?.key === column.key ? sort : undefined
          const canSort = column.sorts !== undefined && onSort !== undefined
          return (
            <th
              key={column.key}
              scope="col"
              aria-sort={canSort ? ariaSort(sorted) : undefined}
              className={classNames(
                props.cellClass(column),
                'h-[32px] border-b border-line bg-sheet text-start text-meta font-medium whitespace-nowrap',
                column.align === 'end' && 'text-end!',
                sorted ? 'font-semibold text-ink' : 'text-ink-3',
                props.sticky && 'sticky top-[var(--head-h,60px)] z-10 phone:top-0',
              )}
            >
              {canSort ? (
                <button
                  type="button"
                  onClick={() =>
                    onSort({ key: column.key, descending: sorted ? !sorted.descending : column.sorts === 'descending' })
                  }
                  className="inline-flex h-[24px] items-center gap-1 rounded-xs hover:text-ink"
                >
                  {column.head}
                  {sorted && (
                    <Icon name={sorted.descending ? 'arrow-down' : 'arrow-up'} className="size-[13px] shrink-0" />
                  )}
                </button>
              ) : (
                column.head || <span className="sr-only">Actions</span>
              )}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

function ariaSort(sorted: Sort | undefined): 'ascending' | 'descending' | 'none' {
  if (!sorted) return 'none'
  return sorted.descending ? 'descending' : 'ascending'
}
