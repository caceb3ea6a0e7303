import { useMemo, useState, type ReactNode } from 'react'
import { formatPlural } from '../../lib/numbers.ts'
import { Icon } from '../../ui/icons.tsx'
import { foldRows, type DiffRow, type TextDiff } from './text-diff.ts'

const looks = {
  same: { row: '', mark: '', word: '', sign: '', said: '' },
  removed: { row: 'bg-del-soft', mark: 'text-danger', word: 'diff-removed', sign: '−', said: 'Removed: ' },
  added: { row: 'bg-ins-soft', mark: 'text-accent-text', word: 'diff-added', sign: '+', said: 'Added: ' },
}

/** A comparison: line numbers of both texts, − and +, and the changed words marked. Its `name` says what is compared. */
export function DiffView(props: {
  diff: TextDiff
  /** “Changes from version 12 to the draft”. */
  name: string
  /** Unchanged lines far from any change are folded away. */
  folded?: boolean
}): ReactNode {
  const { diff, folded = false } = props
  const [shown, setShown] = useState<ReadonlySet<number>>(new Set())
  const stretches = useMemo(
    () => (folded ? foldRows(diff.rows) : [{ kind: 'rows' as const, rows: diff.rows }]),
    [diff, folded],
  )
  return (
    <table className="relative w-full border-collapse text-prose">
      <caption className="sr-only">{props.name}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">Line before</th>
          <th scope="col">Line after</th>
          <th scope="col">Text</th>
        </tr>
      </thead>
      {stretches.map((stretch, at) => (
        // Stretches never change places within one comparison.
        <tbody key={at}>
          {stretch.kind === 'rows' || shown.has(at) ? (
            stretch.rows.map((row) => <Row key={`${row.before ?? ''}:${row.after ?? ''}`} row={row} />)
          ) : (
            <tr>
              <td colSpan={3} className="bg-sunken px-4 py-1">
                <button
                  type="button"
                  onClick={() => setShown(new Set([...shown, at]))}
                  className="flex items-center gap-2 rounded-sm text-meta text-ink-2 hover:text-ink hover:underline"
                >
                  <Icon name="up-down" className="text-ink-3" />
                  Show {formatPlural(stretch.rows.length, 'unchanged line')}
                </button>
              </td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  )
}

function Row(props: { row: DiffRow }): ReactNode {
  const { row } = props
  const look = looks[row.kind]
  return (
    <tr className={look.row}>
      <LineNumber n={row.before} />
      <LineNumber n={row.after} />
      <td className="relative py-[2px] ps-5 pe-4 whitespace-pre-wrap wrap-anywhere text-ink">
        <span aria-hidden="true" className={`absolute start-1 font-semibold select-none ${look.mark}`}>
          {look.sign}
        </span>
        {look.said !== '' && <span className="sr-only">{look.said}</span>}
        {row.parts.map((part, at) =>
          part.marked ? (
            <span key={at} className={`rounded-xs py-[2px] ${look.word}`}>
              {part.text}
            </span>
          ) : (
            part.text
          ),
        )}
        {/* An empty line keeps its height. */}
        {'\u200B'}
      </td>
    </tr>
  )
}

function LineNumber(props: { n: number | undefined }): ReactNode {
  return (
    <td className="w-[30px] py-[2px] ps-1 text-end align-top font-mono text-[11px]/[22px] text-ink-3 select-none first:w-[38px] first:ps-3">
      {props.n}
    </td>
  )
}
