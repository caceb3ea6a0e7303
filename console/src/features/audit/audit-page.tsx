import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isForbidden, SuperusersOnly } from '../../panels/superusers-only.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyLinkButton } from '../../ui/copy-button.tsx'
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { TableFoot } from '../../ui/table-foot.tsx'
import { AuditBar } from './audit-bar.tsx'
import { AuditTable } from './audit-table.tsx'
import { auditView } from './audit-view.ts'
import { getAuditQueryOptions } from './audit.queries.ts'
import { EntryDialog } from './entry-dialog.tsx'

const foot = [
  { keys: ['J', 'K'], name: 'move' },
  { keys: ['Enter'], name: 'open' },
] as const

/** Who did what, newest first; a row opens what it changed. */
export function AuditPage(): ReactNode {
  const [{ q, action, outcome, tenant, open }, change] = useView(auditView)
  const log = useInfiniteQuery(getAuditQueryOptions({ api: useApi(), filters: { q, action, outcome, tenant } }))
  const rows = log.data?.pages.flatMap((page) => page.items) ?? []
  const filtered = q !== '' || action !== undefined || outcome !== '' || tenant !== undefined
  const clear = (): void => change({ q: '', action: undefined, outcome: '', tenant: undefined })

  if (isForbidden(log)) return <SuperusersOnly title="Audit log" what="The audit log is" />
  return (
    <>
      <PageHeader
        title="Audit log"
        subtitle="Who did what, newest first"
        actions={<CopyLinkButton />}
        bar={<AuditBar view={{ q, action, outcome, tenant }} onChange={change} />}
      />
      <QueryPanel what="The audit log" query={log} skeleton={<TableSkeleton />}>
        {() => (
          <>
            {rows.length > 0 && (
              <AuditTable
                rows={rows}
                stale={log.isPlaceholderData}
                onEndNear={
                  log.hasNextPage && !log.isFetching && !log.isFetchNextPageError
                    ? () => void log.fetchNextPage()
                    : undefined
                }
              />
            )}
            {rows.length === 0 && filtered && (
              <NoMatch
                title={q === '' ? 'No entry matches these filters' : `No entry matches “${q}”`}
                actions={<Button onClick={clear}>Clear filters</Button>}
              >
                The search looks at actions, e-mail addresses, targets and tenants.
              </NoMatch>
            )}
            {rows.length === 0 && !filtered && (
              <EmptyState
                title="Nothing recorded yet"
                action={<Button onClick={() => void log.refetch()}>Look again</Button>}
              >
                Every change to tenants and users is written down here.
              </EmptyState>
            )}
            {rows.length > 0 && (
              <TableFoot keys={foot}>
                {log.isFetchNextPageError ? (
                  <span role="alert">
                    Older entries did not load.{' '}
                    <Button kind="text" size="small" onClick={() => void log.fetchNextPage()}>
                      Try again
                    </Button>
                  </span>
                ) : (
                  `${formatPlural(rows.length, 'entry', 'entries')}${log.hasNextPage ? ', older ones load as you scroll' : ', all there are'}`
                )}
              </TableFoot>
            )}
          </>
        )}
      </QueryPanel>
      <EntryDialog
        id={open}
        rows={rows}
        ready={log.isSuccess && !log.isPlaceholderData}
        onClose={() => change({ open: undefined })}
        onFilter={(filter) => change({ ...filter, open: undefined })}
      />
    </>
  )
}
