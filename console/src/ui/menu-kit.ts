/** What draws an open menu. Apart from `Menu`, which loads it when one is about to open: no page needs it to be shown. */
export { Menu as menuKit } from 'radix-ui/internal'
