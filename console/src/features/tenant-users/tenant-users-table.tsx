import type { ReactNode } from 'react'
import { formatCount } from '../../lib/numbers.ts'
import { useMedia } from '../../lib/use-media.ts'
import { namePerson } from '../../panels/people-words.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { ListTable, type ListProps } from '../../ui/list-table.tsx'
import { PersonCell, PersonLink } from '../../ui/person-cell.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { describeTenantUserKind, describeTenantUserState } from './describe-tenant-user.ts'
import type { TenantUser } from './tenant-users.queries.ts'

const columns: readonly Column<TenantUser>[] = [
  {
    key: 'email',
    head: 'User',
    sorts: 'ascending',
    cell: (user) => <PersonCell id={user.id} name={namePerson(user)} email={user.email} />,
  },
  { key: 'kind', head: 'Kind', width: '136px', cell: (user) => describeTenantUserKind(user).kind },
  { key: 'state', head: 'State', width: '156px', cell: (user) => <UserState user={user} /> },
  {
    key: 'conversations',
    head: 'Conversations',
    width: '118px',
    align: 'end',
    cell: ({ conversations }) => formatCount(conversations),
  },
  {
    key: 'created_at',
    head: 'Since',
    width: '112px',
    align: 'end',
    sorts: 'descending',
    cell: ({ created_at }) => <When time={created_at} />,
  },
]

/** A tenant's users, both kinds: a table, or two-line rows on a phone. A row opens the user's details. */
export function TenantUsersTable(props: ListProps<TenantUser>): ReactNode {
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

function UserState(props: { user: TenantUser }): ReactNode {
  const { kind, words } = describeTenantUserState(props.user)
  return <State kind={kind}>{words}</State>
}

function drawPhoneRow(user: TenantUser): ReactNode {
  const state = describeTenantUserState(user)
  // Whoever has no name is called by the address already.
  const isPlain = state.kind === 'fine' && namePerson(user) !== user.email
  return (
    <ListRow
      name={<PersonLink id={user.id} name={namePerson(user)} />}
      detail={isPlain ? user.email : <State kind={state.kind}>{state.words}</State>}
      number={formatCount(user.conversations)}
      below={describeTenantUserKind(user).kind}
    />
  )
}
