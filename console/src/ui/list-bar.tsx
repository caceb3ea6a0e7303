import { useCallback, type ReactNode } from 'react'
import { ChoiceMenu } from './choice-menu.tsx'
import { SearchField } from './search-field.tsx'

/** An order of a list, in words. */
export interface SortChoice<Sort extends string> {
  value: Sort
  label: string
}

/** What is over a list: its search, its filters (`children`), a word on its rows, and their order. */
export function ListBar<Sort extends string>(props: {
  /** Where the search looks: “Name or e-mail”. */
  label: string
  view: { q: string; sort: Sort }
  sorts: readonly SortChoice<Sort>[]
  /** How many rows match, say. */
  said: ReactNode
  onChange: (changes: { q?: string; sort?: Sort }, how?: { typing?: boolean }) => void
  children: ReactNode
}): ReactNode {
  const { view, onChange } = props
  const search = useCallback((q: string) => onChange({ q }, { typing: true }), [onChange])
  return (
    <>
      <SearchField label={props.label} value={view.q} onSearch={search} className="phone:basis-full" />
      {props.children}
      <p role="status" className="ms-auto text-meta text-ink-3 tabular-nums">
        {props.said}
      </p>
      <SortMenu sort={view.sort} sorts={props.sorts} onSort={(sort) => onChange({ sort })} />
    </>
  )
}

/** Chooses the order of a list; on a phone, a mark alone. */
export function SortMenu<Sort extends string>(props: {
  sort: Sort
  sorts: readonly SortChoice<Sort>[]
  onSort: (sort: Sort) => void
}): ReactNode {
  return (
    <ChoiceMenu
      label="Sort"
      icon="sort"
      value={props.sort}
      choices={props.sorts}
      onChoose={props.onSort}
      className="phone:[&>span]:hidden"
    />
  )
}
