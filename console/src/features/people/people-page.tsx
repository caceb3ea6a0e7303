import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatCount } from '../../lib/numbers.ts'
import { paths } from '../../lib/paths.ts'
import { writeSort } from '../../lib/sort-rows.ts'
import { useView } from '../../lib/use-view.ts'
import { ListEnd } from '../../panels/list-end.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { useListPages } from '../../panels/use-list-pages.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { CopyLinkButton } from '../../ui/copy-button.tsx'
import { EmptyState, NoMatch, NoPermission } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { NewPlatformUserDialog } from './new-person-dialog.tsx'
import { PeopleBar, sorts } from './people-bar.tsx'
import { PeopleTable } from './people-table.tsx'
import { getPeopleCountsQueryOptions, getPeopleQueryOptions } from './people.queries.ts'
import { peopleView, userKinds, type UserKind } from './people.view.ts'
import { PersonDialog } from './person-dialog.tsx'

const kindNames: Record<UserKind, string> = {
  all: 'All',
  superusers: 'Superusers',
  owners: 'Owners',
  assigned: 'In a tenant',
  unassigned: 'Without a tenant',
}

/** Every platform user: superusers, owners and the people assigned to tenants. */
export function PeoplePage(): ReactNode {
  const api = useApi()
  const [view, change] = useView(peopleView)
  const counts = useQuery(getPeopleCountsQueryOptions(api)).data
  const people = useInfiniteQuery(getPeopleQueryOptions(api, view))
  const list = useListPages(people)
  const { rows } = list
  const clear = useCallback(() => change({ q: '', state: 'any' }), [change])
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'users.new',
          name: 'New user…',
          group: 'In a list',
          keys: 'N',
          icon: 'plus',
          run: () => change({ new: true }),
        },
      ],
      [change],
    ),
  )
  if (people.error && toProblem(people.error).code === 'auth.forbidden') return <NotForThem />
  const search = view.q.trim()
  const narrowed = search !== '' || view.state !== 'any'
  const total = people.isPlaceholderData ? undefined : people.data?.pages[0]?.total
  return (
    <>
      <PageHeader
        title="Users"
        subtitle={counts && formatCount(counts.all)}
        actions={
          <>
            <span className="phone:hidden">
              <CopyLinkButton />
            </span>
            <Button kind="primary" keys="N" onClick={() => change({ new: true })}>
              <Icon name="plus" className="shrink-0" />
              New user
            </Button>
          </>
        }
        tabs={
          <Tabs
            label="Users by kind"
            items={userKinds.map((kind) => ({
              key: kind,
              name: kindNames[kind],
              link: {
                to: '.',
                search: (old: Record<string, unknown>) => ({ ...old, kind: kind === 'all' ? undefined : kind }),
              },
              count: counts && formatCount(counts[kind]),
              current: kind === view.kind,
            }))}
          />
        }
        bar={<PeopleBar view={view} matches={narrowed ? total : undefined} onChange={change} />}
      />
      <QueryPanel what="Users" query={people} skeleton={<TableSkeleton rows={14} />}>
        {() => {
          if (rows.length === 0 && !people.isPlaceholderData) {
            return narrowed ? (
              <NoMatch
                title={search === '' ? 'No user is in this state' : `Nobody matches “${search}”`}
                actions={<Button onClick={clear}>Clear search and state</Button>}
              >
                {view.kind !== 'all' && `Only “${kindNames[view.kind]}” was searched. `}
                The search looks at names and addresses of platform users. A tenant’s own users are listed in the
                tenant.
              </NoMatch>
            ) : (
              <NobodyOf kind={view.kind} onNew={() => change({ new: true })} />
            )
          }
          return (
            <>
              <PeopleTable
                {...list}
                total={total}
                sort={view.sort}
                onSort={(sort) => {
                  const chosen = sorts.find(({ value }) => value === writeSort(sort))
                  if (chosen) change({ sort: chosen.value })
                }}
              />
              <ListEnd what="The next users" unit="user" rows={rows.length} total={total} pages={people} />
            </>
          )
        }}
      </QueryPanel>
      <PersonDialog id={view.open} rows={rows} onClose={() => change({ open: undefined })} />
      <NewPlatformUserDialog open={view.new} onClose={() => change({ new: false }, { typing: true })} />
    </>
  )
}

const nobody: Record<UserKind, { title: string; words: string }> = {
  all: { title: 'No users yet', words: 'Superusers, owners and people assigned to tenants are listed here.' },
  superusers: { title: 'No superusers', words: 'Superusers manage every tenant and this server.' },
  owners: { title: 'No owners yet', words: 'Owners make organizations and manage those of their own.' },
  assigned: { title: 'Nobody is assigned yet', words: 'Open a user to assign them to a tenant.' },
  unassigned: { title: 'Everybody has a tenant', words: 'Users without a tenant are listed here.' },
}

function NobodyOf(props: { kind: UserKind; onNew: () => void }): ReactNode {
  const { title, words } = nobody[props.kind]
  return (
    <EmptyState title={title} action={<Button onClick={props.onNew}>Create user</Button>}>
      {words}
    </EmptyState>
  )
}

function NotForThem(): ReactNode {
  return (
    <>
      <PageHeader title="Users" />
      <NoPermission
        title="Only superusers see the users of this server"
        back={
          <Link to={paths.account} className="link">
            Go to your account
          </Link>
        }
      >
        A superuser can make your account one. The users of your own tenants are listed in each tenant.
      </NoPermission>
    </>
  )
}
