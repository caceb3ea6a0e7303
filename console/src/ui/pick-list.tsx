import type { ReactNode } from 'react'
import { TextField } from './field.tsx'

/** What a search found: how it is drawn, and what picking it does; without `pick` the row says why it cannot be. */
export interface Pickable {
  key: string
  content: ReactNode
  pick?: () => void
}

/** A search and what it finds, one of which is picked by pressing it. `found` is undefined until the first answer. */
export function PickList(props: {
  /** Above the search: “Tenant”. */
  label: string
  placeholder: string
  search: string
  onSearch: (search: string) => void
  /** What the list is called: “Tenants found”. */
  foundLabel: string
  found: readonly Pickable[] | undefined
  /** What stands in place of the list when nothing is found. */
  none: string
  /** Why the list did not load. */
  failure?: string
}): ReactNode {
  const { found, failure } = props
  const row = 'flex min-h-[44px] w-full items-center gap-2 rounded-sm px-2 py-1 text-start'
  return (
    <div className="flex min-h-0 flex-col">
      <TextField
        label={props.label}
        placeholder={props.placeholder}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={props.search}
        onChange={(event) => props.onSearch(event.target.value)}
      />
      <ul aria-label={props.foundLabel} className="-mx-2 min-h-[184px]">
        {found?.map(({ key, content, pick }) => (
          <li key={key}>
            {pick ? (
              <button type="button" onClick={pick} className={`${row} -outline-offset-2 hover:bg-hover`}>
                {content}
              </button>
            ) : (
              <div className={row}>{content}</div>
            )}
          </li>
        ))}
        {found?.length === 0 && <li className="px-2 py-1 text-ink-2">{props.none}</li>}
        {failure !== undefined && found === undefined && (
          <li role="alert" className="px-2 py-1 text-danger">
            {failure}
          </li>
        )}
      </ul>
    </div>
  )
}
