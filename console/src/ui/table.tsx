import { useRef, type ReactNode } from 'react'
import type { Sort } from '../lib/sort-rows.ts'
import { useIsPhone } from '../lib/use-media.ts'
import { classNames } from './class-names.ts'
import type { Column } from './table-column.ts'
import { TableHead } from './table-head.tsx'
import { useEndReached, useListKeys, useWindowedRows } from './use-rows.ts'

/** What a table shows. */
export interface TableProps<Row> {
  /** What the rows are: “Tenants”. */
  label: string
  rows: readonly Row[]
  keyOf: (row: Row) => string
  columns: readonly Column<Row>[]
  /** Two lines (44 px) or one (36 px); every row has this height. */
  lines?: 1 | 2
  sort?: Sort
  onSort?: (sort: Sort) => void
  /** A row as two lines of a list, for a phone: a `ListRow`. Without it, the table stays a table and scrolls sideways. */
  phoneRow?: (row: Row) => ReactNode
  /** The row of totals, first: one cell a column, in their order. */
  totals?: readonly ReactNode[]
  /** The rows in all when not all are here yet, for readers. */
  rowsTotal?: number
  /** Called when the end comes near, to fetch the next page ahead. */
  onEndNear?: () => void
  /** Whether J, K and ↵ move and open here: the one main list of a page. */
  keys?: boolean
  /** Old rows stay while new ones come, slightly pale. */
  stale?: boolean
  /** Side padding: 24 px of a sheet, or 0 inside a section that has its own. */
  inset?: 'sheet' | 'none'
  /** Whether the head stays below the page's header while the sheet scrolls. */
  sticky?: boolean
}

/**
 * A ruled table on the sheet. The name's cell holds a link marked `data-row-link`; pressing anywhere else in the row, or
 * ↵ on the current one, follows it. Beyond 100 rows only those in sight are in the document.
 */
export function Table<Row>(props: TableProps<Row>): ReactNode {
  const isPhone = useIsPhone()
  return isPhone && props.phoneRow ? <PhoneRows {...props} phoneRow={props.phoneRow} /> : <DeskTable {...props} />
}

function DeskTable<Row>(props: TableProps<Row>): ReactNode {
  const { rows, columns, keyOf, lines = 2, inset = 'sheet', sticky = true } = props
  const body = useRef<HTMLTableSectionElement>(null)
  const end = useEndReached(props.onEndNear)
  const heightPx = lines === 2 ? 44 : 36
  const { current, setCurrent } = useListKeys({ enabled: props.keys ?? false, count: rows.length, body, heightPx })
  const { shown, before, after } = useWindowedRows({ rows, body, heightPx })
  const cellClass = (column: Column<Row>): string =>
    classNames(
      'overflow-hidden px-2 text-ellipsis',
      inset === 'sheet' ? 'first:ps-6 last:pe-6 phone:first:ps-4 phone:last:pe-4' : 'first:ps-0 last:pe-0',
      column.align === 'end' && 'text-end',
    )
  return (
    <div className={classNames('relative', sticky ? 'phone:overflow-x-auto' : 'overflow-x-auto')}>
      <table
        aria-label={props.label}
        aria-rowcount={props.rowsTotal === undefined ? undefined : props.rowsTotal + 1}
        className="w-full table-fixed border-separate border-spacing-0 tabular-nums phone:min-w-[640px]"
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={{ width: column.width }} />
          ))}
        </colgroup>
        <TableHead columns={columns} sort={props.sort} onSort={props.onSort} sticky={sticky} cellClass={cellClass} />
        <tbody ref={body} className={classNames('transition-opacity', props.stale && 'opacity-60')}>
          {props.totals && (
            <tr className="bg-sunken font-semibold text-ink">
              {columns.map((column, at) => (
                <td key={column.key} className={classNames(cellClass(column), 'h-[36px] border-b border-line')}>
                  {props.totals?.[at]}
                </td>
              ))}
            </tr>
          )}
          {before > 0 && <Spacer columns={columns.length} heightPx={before} />}
          {shown.map(({ row, index }) => (
            <tr
              key={keyOf(row)}
              data-row={index}
              aria-rowindex={index + 2}
              data-current={index === current || undefined}
              onClick={(event) => {
                setCurrent(index)
                followRow(event)
              }}
              className="group/row hover:bg-hover has-[[data-row-link]]:cursor-pointer data-current:bg-hover data-current:shadow-[inset_2px_0_0_var(--accent)]"
            >
              {columns.map((column) => (
                <td
                  key={column.key}
                  style={{ height: heightPx }}
                  className={classNames(
                    cellClass(column),
                    'border-b border-line whitespace-nowrap',
                    props.sort?.key === column.key ? 'font-semibold text-ink' : 'text-ink-2',
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <Spacer columns={columns.length} heightPx={after} />}
        </tbody>
      </table>
      <div ref={end} aria-hidden="true" />
    </div>
  )
}

function PhoneRows<Row>(props: TableProps<Row> & { phoneRow: (row: Row) => ReactNode }): ReactNode {
  const body = useRef<HTMLUListElement>(null)
  const end = useEndReached(props.onEndNear)
  const { shown, before, after } = useWindowedRows({ rows: props.rows, body, heightPx: 60 })
  return (
    <div className="relative">
      <ul ref={body} aria-label={props.label} className={classNames(props.stale && 'opacity-60')}>
        {before > 0 && <li aria-hidden="true" style={{ height: before }} />}
        {shown.map(({ row }) => (
          <li
            key={props.keyOf(row)}
            className="h-[60px] border-b border-line has-[[data-row-link]]:cursor-pointer active:bg-hover"
            onClick={followRow}
          >
            {props.phoneRow(row)}
          </li>
        ))}
        {after > 0 && <li aria-hidden="true" style={{ height: after }} />}
      </ul>
      <div ref={end} aria-hidden="true" />
    </div>
  )
}

function Spacer(props: { columns: number; heightPx: number }): ReactNode {
  return (
    <tr aria-hidden="true">
      <td colSpan={props.columns} style={{ height: props.heightPx }} />
    </tr>
  )
}

/** Follows the row's link as if it had been pressed itself, with the same modifiers; presses on controls are theirs. */
function followRow(event: React.MouseEvent<HTMLElement>): void {
  const { target, currentTarget, ctrlKey, metaKey, shiftKey } = event
  if (
    !(target instanceof Element) ||
    target.closest('a, button, input, label, select, textarea, [role=menu], [role=dialog]')
  )
    return
  if (!currentTarget.contains(target) || getSelection()?.isCollapsed === false) return
  currentTarget
    .querySelector('a[data-row-link], button[data-row-link]')
    ?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }))
}
