import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { beginOnboarding } from '../../lib/onboarding-drafts.ts'
import { onboardingLink } from '../../lib/paths.ts'
import type { useOnboardingDrafts } from '../../lib/use-onboarding-drafts.ts'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'
import type { Isolation } from './isolation-choice.tsx'

/** What is typed of a tenant that does not exist yet. */
export interface NewTenantFields {
  name: string
  id: string
  isolation: Isolation
  server: string
}

/** Makes a tenant, or an owner's organization; its onboarding then goes on at the prompt. */
export function useCreateTenant(options: { isSuperuser: boolean; drafts: ReturnType<typeof useOnboardingDrafts> }) {
  const { drafts, change } = options.drafts
  const api = useApi()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: ({ name, id, isolation, server }: NewTenantFields) => {
      const body = { name: name.trim(), id }
      // The same draft sent twice, because an answer was lost on its way, makes one tenant and no refusal.
      const sent = { headers: { 'idempotency-key': `onboarding-${drafts.fresh?.savedAt ?? id}` } }
      return options.isSuperuser
        ? ask(api.server.admin.tenants.post({ ...body, ...placeOf({ isolation, server }) }, sent))
        : ask(api.server.organizations.post(body, sent))
    },
    onSuccess: async (tenant) => {
      const { id } = tenant
      queryClient.setQueryData(getTenantQueryOptions(api, id).queryKey, tenant)
      void queryClient.invalidateQueries({ queryKey: ['tenants'] })
      void queryClient.invalidateQueries({ queryKey: ['organizations'] })
      change((all) => beginOnboarding(all, { id, name: tenant.name, savedAt: new Date().toISOString() }))
      // Back leads to this step of the tenant that exists now, not to a form for another one.
      await navigate({ ...onboardingLink({ tenantId: id, step: 'name' }), replace: true })
      await navigate(onboardingLink({ tenantId: id, step: 'prompt' }))
    },
  })
}

/** A server says by itself that the tenant gets a database of its own. */
function placeOf(fields: Pick<NewTenantFields, 'isolation' | 'server'>) {
  const { isolation, server } = fields
  return isolation === 'dedicated' && server !== '' ? { isolation, database_server_id: server } : { isolation }
}
