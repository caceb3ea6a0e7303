import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask, type Api } from '../../api/client.ts'
import type { ApiKeyScope } from './api-key-words.ts'

/** A key of a tenant; its secret is never among it. */
export type ApiKey = Awaited<ReturnType<typeof askApiKeys>>['items'][number]

/** A key that was just made or rotated, with the secret that is shown this once. */
export type ShownApiKey = ApiKey & { secret: string }

/** A tenant's keys that were not revoked, oldest first; all of them, as there are few. */
export function getApiKeysQueryOptions(api: Api, tenantId: string) {
  return queryOptions({
    queryKey: ['tenant', tenantId, 'api-keys'],
    queryFn: async ({ signal }) => (await askApiKeys({ api, tenantId, signal })).items,
    staleTime: 15_000,
  })
}

function askApiKeys(options: { api: Api; tenantId: string; signal: AbortSignal }) {
  const { api, tenantId, signal } = options
  return ask(api.server.admin.tenants({ id: tenantId })['api-keys'].get({ fetch: { signal } }))
}

/** Makes a key; it stands in the list at once. */
export function useMakeApiKey(tenantId: string) {
  const api = useApi()
  const show = useShowApiKey(tenantId)
  return useMutation({
    mutationFn: (wanted: { name: string; scopes: ApiKeyScope[]; expires_at: string | null }): Promise<ShownApiKey> =>
      ask(api.server.admin.tenants({ id: tenantId })['api-keys'].post(wanted)),
    onSuccess: show,
    // The answer holds the secret: it must not outlive the dialog.
    gcTime: 0,
  })
}

/** Gives a key a new secret; the one before is accepted for so many minutes. */
export function useRotateApiKey(options: { tenantId: string; keyId: string }) {
  const api = useApi()
  const { tenantId, keyId } = options
  const show = useShowApiKey(tenantId)
  return useMutation({
    mutationFn: (graceMinutes: number): Promise<ShownApiKey> => {
      const keys = api.server.admin.tenants({ id: tenantId })['api-keys']
      return ask(keys({ key: keyId }).rotate.post({ grace_minutes: graceMinutes }))
    },
    onSuccess: show,
    gcTime: 0,
  })
}

/** Revokes a key. */
export function useRevokeApiKey(options: { tenantId: string; keyId: string }) {
  const api = useApi()
  const queryClient = useQueryClient()
  const { tenantId, keyId } = options
  const { queryKey } = getApiKeysQueryOptions(api, tenantId)
  return useMutation({
    mutationFn: () => ask(api.server.admin.tenants({ id: tenantId })['api-keys']({ key: keyId }).delete()),
    onSuccess: () => queryClient.setQueryData(queryKey, (keys) => keys?.filter(({ id }) => id !== keyId)),
    onSettled: () => queryClient.invalidateQueries({ queryKey }),
  })
}

function useShowApiKey(tenantId: string) {
  const queryClient = useQueryClient()
  const { queryKey } = getApiKeysQueryOptions(useApi(), tenantId)
  return ({ secret: _secret, ...changed }: ShownApiKey): void => {
    queryClient.setQueryData(queryKey, (keys: ApiKey[] = []) =>
      keys.some(({ id }) => id === changed.id)
        ? keys.map((key) => (key.id === changed.id ? changed : key))
        : [...keys, changed],
    )
  }
}
