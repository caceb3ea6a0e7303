import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatCount } from '../../lib/numbers.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { getTextQueryOptions, type KnownDocument } from './knowledge.queries.ts'
import { cutStretch, type Stretch, widenStretch } from './text-stretch.ts'

/** A document's text, or as much of a long one as can be read at once, with a passage marked and in view. */
export function DocumentText(props: {
  tenantId: string
  document: KnownDocument
  passage: Stretch | undefined
}): ReactNode {
  const { tenantId, document, passage } = props
  const length = document.text_length
  const [stretch, setStretch] = useState(() => cutStretch({ length, passage }))
  const shown = { from: Math.min(stretch.from, length), to: Math.min(Math.max(stretch.to, 0), length) }
  const text = useQuery(
    getTextQueryOptions({ api: useApi(), tenantId, id: document.id, ...shown, version: `${document.bytes} ${length}` }),
  )
  return (
    <>
      {shown.from > 0 && (
        <p className="mb-3">
          <Button onClick={() => setStretch(widenStretch({ length, stretch: shown, towards: 'start' }))}>
            Show {formatCount(shown.from)} characters before
          </Button>
        </p>
      )}
      <QueryPanel what="Its text" query={text} skeleton={<Bone width="100%" height={320} />}>
        {(content) => <MarkedText content={content} from={shown.from} passage={passage} />}
      </QueryPanel>
      {shown.to < length && (
        <p className="mt-3">
          <Button onClick={() => setStretch(widenStretch({ length, stretch: shown, towards: 'end' }))}>
            Show {formatCount(length - shown.to)} more characters
          </Button>
        </p>
      )}
    </>
  )
}

function MarkedText(props: { content: string; from: number; passage: Stretch | undefined }): ReactNode {
  const { content, from, passage } = props
  const mark = useRef<HTMLElement>(null)
  const key = passage && `${passage.from} ${passage.to}`
  useEffect(() => {
    if (key !== undefined) mark.current?.scrollIntoView({ block: 'center' })
  }, [key])
  const start = passage ? Math.min(Math.max(passage.from - from, 0), content.length) : content.length
  const end = passage ? Math.min(Math.max(passage.to - from, start), content.length) : content.length
  return (
    <div className="max-w-[72ch] text-prose whitespace-pre-wrap wrap-anywhere text-ink">
      {content.slice(0, start)}
      {end > start && (
        <mark
          ref={mark}
          className="rounded-sm bg-accent-soft box-decoration-clone px-[2px] text-ink outline outline-1 outline-accent-line"
        >
          {content.slice(start, end)}
        </mark>
      )}
      {content.slice(end)}
    </div>
  )
}
