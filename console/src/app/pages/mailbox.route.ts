import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { mailboxView } from '../../features/mailbox/mailbox.view.ts'
import { paths } from '../../lib/paths.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Mail that no server sends, for superusers (`?to=una@kepler.example`). */
export const mailboxRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: paths.mailbox,
  validateSearch: (search: Record<string, unknown>) => mailboxView.validate(search),
  component: lazyRouteComponent(() => import('../../features/mailbox/mailbox-page.tsx'), 'MailboxPage'),
})
