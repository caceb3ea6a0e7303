import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatBytes, formatCount } from '../../lib/numbers.ts'
import { useNow } from '../../lib/use-now.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Section, WithRail } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { DocumentActions } from './document-actions.tsx'
import { DocumentText } from './document-text.tsx'
import { describeOrigin, describePassages, describeProgress, describeTrouble } from './document-words.ts'
import { getDocumentQueryOptions, type KnownDocument } from './knowledge.queries.ts'
import { documentView } from './knowledge.view.ts'

/** One document: how it is, what can be done with it, and its text, with the passage that an answer cited. */
export function DocumentPage(): ReactNode {
  const { tenantId = '', documentId = '' } = useParams({ strict: false })
  const document = useQuery(getDocumentQueryOptions({ api: useApi(), tenantId, id: documentId }))
  const isMissing = document.error !== null && toProblem(document.error).code === 'document.not_found'
  return (
    <>
      <div className="border-b border-line px-6 py-[10px] phone:px-4">
        <Link to="/tenants/$tenantId/knowledge" params={{ tenantId }} className="link inline-flex items-center gap-1">
          <Icon name="chevron-left" className="size-[14px] shrink-0" />
          All documents
        </Link>
      </div>
      {isMissing ? (
        <EmptyState title="There is no such document">
          It was deleted, or the address is wrong. Answers that quoted it keep their quotations.
        </EmptyState>
      ) : (
        <QueryPanel what="The document" query={document} skeleton={<TableSkeleton rows={8} />}>
          {(found) => <Shown key={found.id} tenantId={tenantId} document={found} />}
        </QueryPanel>
      )}
    </>
  )
}

function Shown(props: { tenantId: string; document: KnownDocument }): ReactNode {
  const { tenantId, document } = props
  const [view] = useView(documentView)
  const navigate = useNavigate()
  const passage =
    view.from !== undefined && view.to !== undefined && view.to > view.from && view.from >= 0
      ? { from: view.from, to: view.to }
      : undefined
  return (
    <WithRail
      label="About the document"
      rail={
        // As tall as the sheet at most: it stays beside a long text, and scrolls by itself where there is less room.
        <div className="relative overflow-y-auto @min-[1000px]:sticky @min-[1000px]:top-[var(--head-h,104px)] @min-[1000px]:max-h-[calc(100dvh-var(--head-h,104px)-18px)]">
          <About document={document} />
          <Section title="What can be done">
            <DocumentActions
              tenantId={tenantId}
              document={document}
              onDeleted={() => void navigate({ to: '/tenants/$tenantId/knowledge', params: { tenantId } })}
            />
          </Section>
        </div>
      }
    >
      <Section
        title={document.title}
        aside={passage && <span className="text-meta text-ink-3">with the cited passage</span>}
      >
        <Trouble document={document} />
        {document.text_length > 0 ? (
          <DocumentText tenantId={tenantId} document={document} passage={passage} />
        ) : (
          <p className="text-ink-3">
            {document.status === 'failed' ? 'There is no text to show.' : 'Its text shows here as soon as it is read.'}
          </p>
        )}
      </Section>
    </WithRail>
  )
}

function Trouble(props: { document: KnownDocument }): ReactNode {
  const trouble = describeTrouble(props.document, useNow())
  return (
    <div role="status" className="contents">
      {trouble && (
        <div className="mb-4">
          <Notice
            tone={trouble.isPassing ? 'warn' : 'danger'}
            icon={trouble.isPassing ? 'wait' : 'failure'}
            title={trouble.title}
          >
            {trouble.detail} {trouble.remedy}
          </Notice>
        </div>
      )}
    </div>
  )
}

function About(props: { document: KnownDocument }): ReactNode {
  const { document } = props
  const { kind, words } = describeProgress(document)
  return (
    <Section title="About it">
      <Facts>
        <Fact name="State">
          <State kind={kind}>{words}</State>
        </Fact>
        <Fact name="From">{describeOrigin(document)}</Fact>
        {document.file_name !== null && <Fact name="File">{document.file_name}</Fact>}
        <Fact name="Passages">{describePassages(document)}</Fact>
        <Fact name="Text">
          {document.text_length === 0 ? 'None yet' : `${formatCount(document.text_length)} characters`}
        </Fact>
        {document.source !== 'upload' && <Fact name="Size">{formatBytes(document.bytes)}</Fact>}
        <Fact name="Added">
          <When time={document.created_at} />
        </Fact>
        <Fact name="Changed">
          <When time={document.updated_at} />
        </Fact>
      </Facts>
    </Section>
  )
}
