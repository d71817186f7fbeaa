import { locale } from '../kit/language.ts'

/** The demo homestays in English; their host is `o_demo_host` except for those of `others`. */
const english: Record<string, readonly [title: string, subTitle: string]> = {
  'demo-homestay-01': ['Erhai View Double', 'The lake and the sunrise from your window'],
  'demo-homestay-02': ['Bai Courtyard Family Suite', 'Two rooms and a parlour, right for children'],
  'demo-homestay-03': ['Stargazer’s Attic', 'A small attic under the Milky Way'],
  'demo-homestay-04': ['Erhai Hostel Bed', 'A bed in a room of four, for those who travel alone'],
  'demo-homestay-05': ['Tea Room on the Water', 'A tatami tea room, one quiet night'],
  'demo-homestay-06': ['House in the Tea Garden', 'All of it yours; tea rows at the door'],
  'demo-homestay-07': ['Listening to the Rain', 'Twin beds under the eaves, for two friends'],
  'demo-homestay-08': ['Tea Picking Camp', 'Picking and roasting included'],
  'demo-homestay-09': ['Nine Creeks Rest', 'Right where the trail ends'],
  'demo-homestay-10': ['Heated-Brick Family Room', 'One warm bed, as wide as a family'],
  'demo-homestay-11': ['Snow Forest Bunk', 'Somebody wakes you for the sunrise'],
  'demo-homestay-12': ['Log Cabin for Two', 'A fireplace, and the snow outside'],
}
const others = new Set(['demo-homestay-10', 'demo-homestay-11', 'demo-homestay-12'])

/** A homestay, or an order of one. */
type Named = { title: string; subTitle: string } & ({ id: string } | { homestayId: string })

function idOf(named: { id: string } | { homestayId: string }): string {
  return 'id' in named ? named.id : named.homestayId
}

/** A homestay's title and subtitle, in English where the page is English and a translation exists. */
export function homestayText(named: Named): { title: string; subTitle: string } {
  const known = locale() === 'en' ? english[idOf(named)] : undefined
  return { title: known?.[0] ?? named.title, subTitle: known?.[1] ?? named.subTitle }
}

/** Whether a homestay belongs to the host at this page's counter, as far as the page knows. */
export function isOurHosts({ id }: { id: string }): boolean {
  return !others.has(id)
}
