import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { Section } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { getNewestSessionQueryOptions } from './connect.queries.ts'

/** Whether it works: the newest conversation that came from outside, seen within seconds. Never what was said in it. */
export function FirstSign(props: { tenantId: string }): ReactNode {
  const [openedAt] = useState(() => new Date().toISOString())
  const { data: newest } = useQuery(getNewestSessionQueryOptions(useApi(), props.tenantId))
  if (newest === undefined) return null
  const isNew = newest !== null && newest.updated_at > openedAt
  return (
    <Section title="Does it work?">
      <div role="status" className="flex flex-col gap-1">
        {newest === null ? (
          <State kind="working">Waiting for the first conversation</State>
        ) : (
          <State kind="fine">{isNew ? 'It works: a question was just answered' : 'Conversations arrive'}</State>
        )}
      </div>
      <p className="mt-1 ps-[20px] text-meta text-ink-3">
        {newest === null ? (
          'Run the code: it shows here within seconds.'
        ) : (
          <>
            Newest: {formatPlural(newest.messages, 'message')}, last{' '}
            <span className="tabular-nums">
              <When time={newest.updated_at} />
            </span>
          </>
        )}
      </p>
    </Section>
  )
}
