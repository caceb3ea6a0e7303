import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { tenantPath } from '../../lib/paths.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { Icon } from '../../ui/icons.tsx'
import { ApiKeyRow } from './api-key-row.tsx'
import { getApiKeysQueryOptions } from './api-keys.queries.ts'
import { MakeKeyDialog } from './make-key-dialog.tsx'

/** The keys that a customer's servers call with: which there are and how they are, and the way to one more. */
export function ApiKeysSection(props: { tenantId: string }): ReactNode {
  const { tenantId } = props
  const keys = useQuery(getApiKeysQueryOptions(useApi(), tenantId))
  const [making, setMaking] = useState(false)
  return (
    <DescribedSection
      wide
      anchor="api-keys"
      title="API keys"
      lead="Servers call with a key in place of a user’s token: the chat, and /v1 for OpenAI’s clients. Never put one into a page."
    >
      <QueryPanel what="API keys" query={keys} skeleton={<Bone width={320} height={32} />}>
        {(found) => (
          <>
            {found.length > 0 && (
              <ul aria-label="API keys" className="mb-5 border-b border-line desk:-mt-[10px]">
                {found.map((key) => (
                  <ApiKeyRow key={key.id} tenantId={tenantId} apiKey={key} />
                ))}
              </ul>
            )}
            {found.length === 0 && <p className="mb-3 text-ink-2">There is no key yet.</p>}
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
              <Button onClick={() => setMaking(true)}>
                <Icon name="plus" className="shrink-0 text-ink-3" />
                Make key…
              </Button>
              <Link to={tenantPath(tenantId, 'connect')} search={{ code: 'openai' }} className="link">
                Code that uses one
              </Link>
            </div>
            {making && <MakeKeyDialog tenantId={tenantId} onClose={() => setMaking(false)} />}
          </>
        )}
      </QueryPanel>
    </DescribedSection>
  )
}
