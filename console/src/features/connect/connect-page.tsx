import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { tenantPath } from '../../lib/paths.ts'
import { useView } from '../../lib/use-view.ts'
import { getDomainsQueryOptions } from '../../panels/domains.queries.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'
import { Bone } from '../../ui/bone.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Section, WithRail } from '../../ui/section.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { AddressFacts } from './address-facts.tsx'
import { codeLanguages, connectView, type CodeLanguage } from './connect.view.ts'
import { getConnectQueryOptions } from './connect.queries.ts'
import { FirstSign } from './first-sign.tsx'
import { OriginSection } from './origin-section.tsx'
import { writeSnippets } from './snippets.ts'
import { TenantHeaderSection } from './tenant-header-section.tsx'

const languageNames: Record<CodeLanguage, string> = {
  curl: 'curl',
  browser: 'Browser',
  typescript: 'TypeScript',
  openai: 'OpenAI SDK',
  'ai-sdk': 'AI SDK',
}

/** Code to connect a frontend with this tenant, and what stands in the way of it. */
export function ConnectPage(): ReactNode {
  const api = useApi()
  const { tenantId = '' } = useParams({ strict: false })
  const [view, change] = useView(connectView)
  const connect = useQuery(getConnectQueryOptions(api, tenantId))
  const { data: tenant } = useQuery(getTenantQueryOptions(api, tenantId))
  const { data: domains } = useQuery(getDomainsQueryOptions(api, tenantId))
  return (
    <QueryPanel what="The connection" query={connect} skeleton={<ConnectSkeleton />}>
      {(data) => {
        const { address } = data
        return (
          <WithRail
            label="What connecting takes"
            rail={
              <>
                <FirstSign tenantId={tenantId} />
                <AddressFacts address={address} tenantId={tenantId} />
                <OriginSection
                  tenantId={tenantId}
                  domains={domains?.filter(({ status }) => status === 'verified').map(({ origin }) => origin) ?? []}
                  own={address}
                  allowed={data.allowed_origins}
                  typed={view.origin}
                  onType={(origin) => change({ origin }, { typing: true })}
                />
                <TenantHeaderSection tenantId={tenantId} />
              </>
            }
          >
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-6 py-3 phone:px-4">
              {/* Five choices are wider than a phone. */}
              <div className="max-w-full overflow-x-auto">
                <Segmented
                  label="Language"
                  value={view.code}
                  choices={codeLanguages.map((value) => ({
                    value,
                    label: languageNames[value],
                  }))}
                  onChoose={(code) => change({ code })}
                />
              </div>
              <p className="text-ink-3">
                {view.code === 'openai' || view.code === 'ai-sdk' ? (
                  <>
                    Put in one of its{' '}
                    <Link to={tenantPath(tenantId, 'settings')} hash="api-keys" className="link">
                      API keys
                    </Link>
                    ; everything else is filled in.
                  </>
                ) : (
                  'Put in one of its users; everything else is filled in.'
                )}
              </p>
            </div>
            {tenant?.is_active === false && (
              <div className="border-b border-line px-6 py-3 phone:px-4">
                <Notice tone="warn" icon="attention" title="This tenant is suspended.">
                  It refuses its users until it is activated: sign-in answers 403 tenant.inactive.
                </Notice>
              </div>
            )}
            {writeSnippets(view.code, { address, tenantId }).map(({ title, lead, file, code }) => (
              <Section key={title} title={title}>
                <p className="mb-3 max-w-[72ch] text-ink-2">{lead}</p>
                <CodeBlock title={file} code={code} />
              </Section>
            ))}
          </WithRail>
        )
      }}
    </QueryPanel>
  )
}

function ConnectSkeleton(): ReactNode {
  return (
    <div className="flex flex-col gap-4 p-6 phone:p-4">
      <Bone width={240} height={32} />
      <Bone width="100%" height={180} />
      <Bone width="100%" height={120} />
    </div>
  )
}
