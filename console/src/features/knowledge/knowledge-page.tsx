import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { writeSort } from '../../lib/sort-rows.ts'
import { useIsPhone } from '../../lib/use-media.ts'
import { useView } from '../../lib/use-view.ts'
import { ListEnd } from '../../panels/list-end.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { useListPages } from '../../panels/use-list-pages.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx'
import { PageActions } from '../../ui/page-actions.tsx'
import { AddressDialog } from './address-dialog.tsx'
import { ChooseFiles } from './choose-files.tsx'
import { DocumentsTable } from './documents-table.tsx'
import { DropArea } from './drop-area.tsx'
import { KnowledgeBar, sorts } from './knowledge-bar.tsx'
import { getDocumentsQueryOptions } from './knowledge.queries.ts'
import { knowledgeView } from './knowledge.view.ts'
import { PasteDialog } from './paste-dialog.tsx'
import { UploadsList } from './uploads-list.tsx'
import { useUploads } from './use-uploads.ts'

/** What a tenant answers from: its documents, brought in by dropping them anywhere here. */
export function KnowledgePage(): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(useApi(), tenantId))
  return tenant ? <Knowledge tenant={tenant} /> : null
}

function Knowledge(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const [view, change] = useView(knowledgeView)
  const isPhone = useIsPhone()
  const { uploads, add, dismiss } = useUploads(tenant.id)
  const documents = useInfiniteQuery(getDocumentsQueryOptions({ api: useApi(), tenantId: tenant.id, wanted: view }))
  const list = useListPages(documents)
  const { rows } = list
  const counts = documents.data?.pages[0]?.counts
  useOffers(change)
  const search = view.q.trim()
  const narrowed = search !== '' || view.state !== 'any'
  const all = counts && counts.queued + counts.processing + counts.ready + counts.failed
  const actions = (
    <>
      <Button onClick={() => change({ paste: true })}>Paste text…</Button>
      <Button onClick={() => change({ address: true })}>From address…</Button>
      <ChooseFiles primary many icon keys="N" onFiles={add}>
        Upload files
      </ChooseFiles>
    </>
  )
  return (
    <DropArea words={`Drop to add to the knowledge of ${tenant.name}`} onFiles={add}>
      {/* A phone's header has no room for them beside the tenant's name. */}
      {isPhone ? <div className="flex flex-wrap gap-2 px-4 pt-3">{actions}</div> : <PageActions>{actions}</PageActions>}
      <KnowledgeBar view={view} counts={counts} onChange={change} />
      <UploadsList uploads={uploads} onDismiss={dismiss} />
      <QueryPanel what="Documents" query={documents} skeleton={<TableSkeleton rows={8} />}>
        {() => {
          if (rows.length === 0 && !documents.isPlaceholderData) {
            return narrowed ? (
              <NoMatch
                title={search === '' ? 'No document is in this state' : `No document matches “${search}”`}
                actions={<Button onClick={() => change({ q: '', state: 'any' })}>Clear search and filters</Button>}
              >
                The search looks at titles, file names and addresses, not into the texts.
              </NoMatch>
            ) : (
              <EmptyState
                title={`${tenant.name} knows nothing of its own yet`}
                action={
                  <ChooseFiles many onFiles={add}>
                    Choose files
                  </ChooseFiles>
                }
              >
                Drop PDF, DOCX, HTML, Markdown or text files here, up to 25 MB each. Answers then cite them.
              </EmptyState>
            )
          }
          return (
            <>
              <DocumentsTable
                {...list}
                total={narrowed ? undefined : all}
                sort={view.sort}
                onSort={(sort) => {
                  const chosen = sorts.find(({ value }) => value === writeSort(sort))
                  if (chosen) change({ sort: chosen.value })
                }}
              />
              <ListEnd
                what="The next documents"
                unit="document"
                rows={rows.length}
                total={narrowed ? undefined : all}
                pages={documents}
              />
            </>
          )
        }}
      </QueryPanel>
      {view.paste && <PasteDialog tenant={tenant} onClose={() => change({ paste: false }, { typing: true })} />}
      {view.address && <AddressDialog tenant={tenant} onClose={() => change({ address: false }, { typing: true })} />}
    </DropArea>
  )
}

/** The keys and commands of the page. */
function useOffers(change: (changes: { paste?: true; address?: true }) => void): void {
  useCommands(
    useMemo((): readonly Command[] => {
      const shared = { group: 'In a list', palette: 'This tenant' } as const
      return [
        {
          ...shared,
          id: 'tenant.knowledge.upload',
          name: 'Upload files…',
          keys: 'N',
          icon: 'upload',
          run: () => document.querySelector<HTMLInputElement>('input[data-choose-files]')?.click(),
        },
        {
          ...shared,
          id: 'tenant.knowledge.paste',
          name: 'Paste text as a document…',
          icon: 'document',
          run: () => change({ paste: true }),
        },
        {
          ...shared,
          id: 'tenant.knowledge.address',
          name: 'Add a page from its address…',
          icon: 'link',
          run: () => change({ address: true }),
        },
      ]
    }, [change]),
  )
}
