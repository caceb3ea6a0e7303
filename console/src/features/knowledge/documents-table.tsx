import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount } from '../../lib/numbers.ts'
import { useMedia } from '../../lib/use-media.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { ListTable, type ListProps } from '../../ui/list-table.tsx'
import { Meter } from '../../ui/meter.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { describeLine, describeOrigin, describeProgress, shareDone } from './document-words.ts'
import type { KnownDocument } from './knowledge.queries.ts'

const columns: readonly Column<KnownDocument>[] = [
  {
    key: 'title',
    head: 'Document',
    sorts: 'ascending',
    cell: (document) => (
      <span className="block min-w-0">
        <span className="block truncate">
          <DocumentLink document={document} />
        </span>
        <span className="block truncate text-meta text-ink-3">{describeLine(document)}</span>
      </span>
    ),
  },
  { key: 'state', head: 'State', width: '220px', cell: (document) => <Progress document={document} /> },
  {
    key: 'passages',
    head: 'Passages',
    width: '96px',
    align: 'end',
    cell: ({ chunks }) => formatCount(chunks),
  },
  {
    key: 'created_at',
    head: 'Added',
    width: '112px',
    align: 'end',
    sorts: 'descending',
    cell: ({ created_at }) => <When time={created_at} />,
  },
]

/** A tenant's documents: a table, or two-line rows on a phone. A row opens the document. */
export function DocumentsTable(props: ListProps<KnownDocument>): ReactNode {
  const hasRoom = useMedia('(width >= 960px)')
  return (
    <ListTable
      {...props}
      label="Documents"
      columns={hasRoom ? columns : columns.filter(({ key }) => key !== 'created_at')}
      phoneRow={drawPhoneRow}
    />
  )
}

function DocumentLink(props: { document: KnownDocument }): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { id, title } = props.document
  return (
    <Link
      to="/tenants/$tenantId/knowledge/$documentId"
      params={{ tenantId, documentId: id }}
      data-row-link=""
      className="font-medium text-ink"
    >
      {title}
    </Link>
  )
}

function Progress(props: { document: KnownDocument }): ReactNode {
  const { kind, words } = describeProgress(props.document)
  const share = shareDone(props.document)
  return (
    <span className="block">
      <State kind={kind}>
        <span className="tabular-nums">{words}</span>
      </State>
      {share !== undefined && (
        <Meter label={`Embedding ${props.document.title}`} share={share} plain className="mt-[5px] max-w-[160px]" />
      )}
    </span>
  )
}

function drawPhoneRow(document: KnownDocument): ReactNode {
  const { kind, words } = describeProgress(document)
  return (
    <ListRow
      name={<DocumentLink document={document} />}
      detail={kind === 'fine' ? describeOrigin(document) : <State kind={kind}>{words}</State>}
      number={formatCount(document.chunks)}
      below={document.chunks === 1 ? 'passage' : 'passages'}
    />
  )
}
