import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { User } from '../../api/client.ts'
import { tenantPath } from '../../lib/paths.ts'
import { useMedia } from '../../lib/use-media.ts'
import { findRole, namePerson, roleWords } from '../../panels/people-words.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { ListTable, type ListProps } from '../../ui/list-table.tsx'
import { PersonCell, PersonLink } from '../../ui/person-cell.tsx'
import { Plate } from '../../ui/plate.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { describePersonState } from './describe-person.ts'

const columns: readonly Column<User>[] = [
  {
    key: 'email',
    head: 'User',
    sorts: 'ascending',
    cell: (user) => <PersonCell id={user.id} name={namePerson(user)} email={user.email} />,
  },
  { key: 'role', head: 'Role', width: '120px', cell: (user) => <RoleCell user={user} /> },
  { key: 'tenant', head: 'Tenant', width: '26%', cell: (user) => <TenantCell user={user} /> },
  { key: 'state', head: 'State', width: '146px', cell: (user) => <PersonState user={user} /> },
  {
    key: 'created_at',
    head: 'Created',
    width: '112px',
    align: 'end',
    sorts: 'descending',
    cell: ({ created_at }) => <When time={created_at} />,
  },
]

/** The list of platform users: a table, or two-line rows on a phone. A row opens the user's details. */
export function PeopleTable(props: ListProps<User>): ReactNode {
  const hasRoom = useMedia('(width >= 960px)')
  return (
    <ListTable
      {...props}
      label="Users"
      columns={hasRoom ? columns : columns.filter(({ key }) => key !== 'created_at')}
      phoneRow={drawPhoneRow}
    />
  )
}

function RoleCell(props: { user: User }): ReactNode {
  const role = findRole(props.user)
  return <span className={role === 'superuser' ? 'font-medium text-ink' : undefined}>{roleWords[role].label}</span>
}

function TenantCell(props: { user: User }): ReactNode {
  const { tenant_id: id } = props.user
  if (id === null) return <span className="text-ink-3">none</span>
  return (
    <span className="flex items-center gap-2">
      <Plate tenantId={id} size={18} />
      <Link
        to={tenantPath(id)}
        title={id}
        className="min-w-0 truncate rounded-xs font-mono text-meta text-ink-2 -outline-offset-2 hover:text-ink hover:underline"
      >
        {id}
      </Link>
    </span>
  )
}

function PersonState(props: { user: User }): ReactNode {
  const { kind, words } = describePersonState(props.user)
  return <State kind={kind}>{words}</State>
}

function drawPhoneRow(user: User): ReactNode {
  const state = describePersonState(user)
  // Whoever has no name is called by the address already.
  const isPlain = state.kind === 'fine' && namePerson(user) !== user.email
  return (
    <ListRow
      name={<PersonLink id={user.id} name={namePerson(user)} />}
      detail={isPlain ? user.email : <State kind={state.kind}>{state.words}</State>}
      number={roleWords[findRole(user)].label}
      below={user.tenant_id ?? 'no tenant'}
    />
  )
}
