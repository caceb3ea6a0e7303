import { t } from 'elysia'
import { anyRoutes, type Gates, signedInRoutes } from '../../http/routes.ts'
import { anyPassword, fullName, newPassword, userView } from '../../http/schemas.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { type AccountParts, changeAccount, readAccount } from './account.usecases.ts'

const tag = 'Account'

const changesBody = t.Object({
  full_name: t.Optional(fullName),
  password: t.Optional(newPassword),
  current_password: t.Optional(anyPassword),
})

/** One's own user. */
export function accountRoutes(parts: AccountParts & { gates: Gates }) {
  return anyRoutes(parts.gates, '/users', tag).get('/me', ({ principal }) => readAccount(parts, principal), {
    response: { 200: userView },
    detail: { summary: 'Your own user' },
  })
}

/** Changing it. */
export function accountChangeRoutes(parts: AccountParts & { gates: Gates }) {
  return signedInRoutes(parts.gates, '/users', tag).patch(
    '/me',
    ({ body, principal, request }) =>
      changeAccount(
        parts,
        principal,
        { fullName: body.full_name, password: body.password, currentPassword: body.current_password },
        auditActorOf(request, principal),
      ),
    { ...jsonBody(changesBody), response: { 200: userView }, detail: { summary: 'Change your name or password' } },
  )
}
