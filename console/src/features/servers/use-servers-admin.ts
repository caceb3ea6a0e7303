import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask, type Api } from '../../api/client.ts'
import { getServersQueryOptions, type DatabaseServer } from '../../panels/use-servers.ts'

type Routes = Api['server']['admin']['database-servers']

/** What makes a database server. */
export type NewServer = NonNullable<Parameters<Routes['post']>[0]>
/** What is changed of one: only what is given. */
export type ServerChanges = NonNullable<Parameters<ReturnType<Routes>['patch']>[0]>

/** Registers a database server; the server itself tries it first. */
export function useAddServer() {
  const api = useApi()
  return useServerMutation((server: NewServer) => ask(api.server.admin['database-servers'].post(server)))
}

/** Changes a database server. */
export function useChangeServer(id: string) {
  const api = useApi()
  return useServerMutation((changes: ServerChanges) =>
    ask(api.server.admin['database-servers']({ server: id }).patch(changes)),
  )
}

/** Forgets a database server on which no tenant lives. */
export function useRemoveServer(id: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  const { queryKey } = getServersQueryOptions(api)
  return useMutation({
    mutationFn: () => ask(api.server.admin['database-servers']({ server: id }).delete()),
    onSuccess: () => queryClient.setQueryData(queryKey, (servers) => servers?.filter((server) => server.id !== id)),
    onSettled: () => queryClient.invalidateQueries({ queryKey }),
  })
}

function useServerMutation<Variables>(mutationFn: (variables: Variables) => Promise<DatabaseServer>) {
  const queryClient = useQueryClient()
  const { queryKey } = getServersQueryOptions(useApi())
  return useMutation({
    mutationFn,
    onSuccess: (saved) =>
      queryClient.setQueryData(queryKey, (servers: DatabaseServer[] = []) =>
        servers.some(({ id }) => id === saved.id)
          ? servers.map((server) => (server.id === saved.id ? saved : server))
          : [...servers, saved],
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey }),
  })
}
