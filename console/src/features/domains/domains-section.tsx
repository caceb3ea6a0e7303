import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { tenantPath } from '../../lib/paths.ts'
import { getDomainsQueryOptions } from '../../panels/domains.queries.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { AddDomain } from './add-domain.tsx'
import { DomainRow } from './domain-row.tsx'

/** The origins of a tenant's frontends: which are in effect, which wait for their proof, and the way to add one. */
export function DomainsSection(props: { tenantId: string; isSuperuser: boolean }): ReactNode {
  const { tenantId, isSuperuser } = props
  const domains = useQuery(getDomainsQueryOptions(useApi(), tenantId))
  return (
    <DescribedSection
      wide
      title="Domains"
      lead="Pages at these origins may call this server from a browser, without naming it by X-TENANT."
    >
      <QueryPanel what="Domains" query={domains} skeleton={<Bone width={320} height={32} />}>
        {(found) => (
          <>
            {found.length > 0 && (
              <ul aria-label="Domains" className="mb-5 border-b border-line desk:-mt-[10px]">
                {found.map((domain) => (
                  <DomainRow key={domain.domain} tenantId={tenantId} domain={domain} isSuperuser={isSuperuser} />
                ))}
              </ul>
            )}
            <AddDomain tenantId={tenantId} isSuperuser={isSuperuser} />
            <p className="mt-1 text-meta text-ink-3">
              Frontends that call from a server need none.{' '}
              <Link to={tenantPath(tenantId, 'connect')} className="link">
                Connect a frontend
              </Link>
            </p>
          </>
        )}
      </QueryPanel>
    </DescribedSection>
  )
}
