import type { AnyElysia } from 'elysia'

/** A route of the server under test, as its route table has it. */
export interface TableRoute {
  method: string
  /** With `:params`. */
  path: string
  /** Undefined when the route was not made by `server/http/routes.ts`. */
  audience: string | undefined
}

/** Every route of an app, the ones for CORS preflights included. */
export function listRoutes(app: AnyElysia): TableRoute[] {
  return app.routes.map((route) => {
    const detail: unknown = Reflect.get(route.hooks, 'detail')
    const audience: unknown =
      typeof detail === 'object' && detail !== null ? Reflect.get(detail, 'x-audience') : undefined
    return { method: route.method, path: route.path, audience: typeof audience === 'string' ? audience : undefined }
  })
}

/** Fills a path's parameters: `id` gets what is given for it, every other one a UUID that nothing has. */
export function fillPath(path: string, values: Record<string, string> = {}): string {
  return path
    .replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? '00000000-0000-7000-8000-000000000000')
    .replaceAll('*', 'nothing')
}
