# The interface's words in English. Every message has its counterpart in fr/main.ftl; a test checks it.

## Around every page

skip-main = Skip to content
skip-posts = Skip to posts
nav-language = Interface language
nav-foot = About this square
nav-lanes = Sections
demo-word = Demonstration.
demo-note = These posts are invented; nobody published them.
demo-note-fast = These posts are invented; nobody published them. Time runs { $n } times faster here.
foot-about = Charter of the square
foot-ask = Ask the town hall
foot-people = Who is listed here
foot-recipe = What the city looks for
foot-sources = What this feed can and can’t see
foot-moderation = Moderation log
foot-leave = Remove my posts
foot-privacy = Personal data
foot-accessibility-full = Accessibility: fully compliant
foot-accessibility-partial = Accessibility: partially compliant
foot-accessibility-none = Accessibility: not compliant
foot-to-desk = The town’s desk
foot-no-tracking = No account, no cookie, no audience measurement, no third-party request.
foot-outlines = Outlines:
back-to-square = Back to the square
back-to-cities = See the cities
quoted = “{ $text }”

## Networks, languages

network-bluesky = Bluesky
network-mastodon = Mastodon
network-nostr = Nostr
network-feed = Website feeds
network-opendata = Open data
network-push = Direct push
network-x = X
language-fr = French
language-en = English
language-br = Breton
language-es = Spanish
language-de = German
language-it = Italian
language-pt = Portuguese
language-ar = Arabic
language-tr = Turkish
language-uk = Ukrainian
language-nl = Dutch

## Time

calendar-day-and-time = { $day } at { $time }

## The list of cities

cities-title = Parvis, the square in front of the town hall
cities-h1 = The square in front of the town hall
cities-lead = Parvis gathers, city by city, the public posts that speak of it on open networks. Read what is being said, with no account and no advertising.
cities-list = Cities
cities-none = No city is open here yet.
cities-what = What you find here
cities-what-text = Posts by residents, associations, the local press and public services, in the order in which they arrive. No ranking, no recommendation.
cities-consent = What authors are asked
cities-consent-text = Nothing is taken from anyone who does not want it. Every post says why it is here, leads to the original and can be removed by its author.
cities-not = What this is not
cities-not-text = Neither a social network nor a surveillance tool: nobody is followed, scored or ranked, and the town hall sees nothing more than you do, but for what is addressed to it and what its moderators set aside.
glance-day = { $n ->
    [one] { $n } post in 24 hours
   *[other] { $n } posts in 24 hours
}
glance-week = { $n ->
    [one] { $n } post in 7 days
   *[other] { $n } posts in 7 days
}
glance-quiet = Quiet since { $since }
glance-none = Quiet for the last four weeks

## A city's square

city-title = { $city }, now · Parvis
city-description = The public posts that speak of { $city } on open networks, in the order in which they arrive.
state-as-of = As of { $time }
state-live = { $n ->
    [one] { $n } post in 24 hours
   *[other] { $n } posts in 24 hours
}
state-today = { $n ->
    [one] { $n } post today
   *[other] { $n } posts today
}
state-week = { $n ->
    [one] { $n } post in 7 days
   *[other] { $n } posts in 7 days
}
state-quiet = quiet since { $since }
state-none = no post in the last { $n } days
trouble-more = What this feed can see
pause = Pause
reload = Reload the page
lane-all = All
lane-people = Residents
lane-info = Information
lane-press = Press
lane-agenda = Events
lane-around = Nearby
filters-title = Filter
filters-in-force = Filtered by
filters-clear = Show all
filter-remove = (remove)
filter-zones = Neighbourhoods
filter-tags = Hashtags
filter-networks = Networks
filter-languages = Languages
sheet-close = Close
section-today = Today
section-yesterday = Yesterday
thread-replies = { $n ->
    [one] { $n } reply
   *[other] { $n } replies
}
paging-older = Older posts
paging-newest = Back to the newest
paging-end = { $n ->
    [one] That is all: posts are kept for { $n } day at most.
   *[other] That is all: posts are kept for { $n } days at most.
}
empty-title = The square of { $city } is quiet
empty-no-source = No network is being read at the moment, so nothing can arrive.
empty-reading-since = { $network } has been read since { $since }, and nothing there has matched what the city looks for.
empty-last = The last post dates from { $since }.
empty-filtered = No post matches this choice
empty-filtered-why = Nothing of the kind was posted in the last days; the square may have other posts.
empty-older = Nothing older
empty-older-why = { $n ->
    [one] Posts are kept for { $n } day at most, then erased.
   *[other] Posts are kept for { $n } days at most, then erased.
}
empty-invite = To open the conversation, post with #{ $tag } on one of the networks that are read here: that is inviting yourself to the square.
quiet-lead = A quiet square.
quiet-title = Why so few posts?
quiet-why = { $reads } Little is written there about { $city } so far, and nothing is added to fill the page.
quiet-around = See also the surroundings:
around-title = At a glance
map-title = Map
map-caption = { $n ->
    [0] None of the posts shown is placed in a neighbourhood.
    [one] { $n } of the posts shown is placed in a neighbourhood.
   *[other] { $n } of the posts shown are placed in a neighbourhood.
}
map-table = The map as a table
map-table-caption = Posts shown, by neighbourhood
map-zone = Neighbourhood
map-posts = Posts
speak-title = Have your say
speak-invite = On the networks that are read here, a public post that carries #{ $tag } invites itself to the square. It appears here within a minute.
speak-participation = Take part in { $city }’s consultations
sees-title = What this feed can see
sees-not = It sees neither Facebook, Instagram, TikTok nor X, and nothing private.
sees-more = Sources and gaps
reads = This feed reads { $networks }.
reads-feeds = { $n ->
    [one] the feed of one site
   *[other] the feeds of { $n } sites
}
reads-senders = { $n ->
    [one] one service that writes by itself
   *[other] { $n } services that write by themselves
}
feeds-visited = { $n ->
    [one] The feed of one site, visited regularly.
   *[other] The feeds of { $n } sites, visited regularly.
}
datasets-visited = { $n ->
    [one] One set of open data, visited regularly.
   *[other] { $n } sets of open data, visited regularly.
}
and = { $a } and { $b }
reads-nothing = This feed reads no network at the moment.

## A post

card-on-network = on { $network }
card-from-feed = automatic feed of { $site }
card-pushed = sent directly, signed
card-from-opendata = open data of { $site }
notices-title = Now
notices-info = Practical information
notices-agenda = Events
notices-info-count = { $n ->
    [one] one notice
   *[other] { $n } notices
}
notices-agenda-count = { $n ->
    [one] one event
   *[other] { $n } events
}
notices-info-all = { $n ->
    [one] See the notice
   *[other] See all { $n } notices
}
notices-agenda-all = { $n ->
    [one] See the event
   *[other] See all { $n } events
}
notices-until = until { $day }
folded-automatic = { $n ->
    [one] One more automatic item
   *[other] { $n } more automatic items
}
card-until = Until { $day }
card-starts = On { $day }
card-days = From { $first } to { $last }
card-times = from { $from } to { $to }
card-cancelled = Cancelled
card-cancelled-when = Cancelled. { $when }
card-listed = Listed account
card-official = Listed account: { $name }
card-automated = Automated account
card-reply = In reply to a post of the square
card-sensitive = Marked as sensitive by its author. Show
card-zone-from-text = from the text
card-edited = edited
card-also-on = Also on
card-why = Why here?
card-pinned = Pinned by the town hall
card-covered = Folded by the moderators: { $motive }.
card-covered-reports = Reported by several people, waiting for a moderator.
card-show = Show
card-report = Report
pins-title = Pinned by the town hall
card-original = See the original
card-leave = Remove me
kind-info = Public information
kind-press = Press
kind-agenda = Event
kind-around = Nearby
kind-around-of = Nearby · { $name }
kind-event = Event · { $name }
media-image = Photo
media-video = Video
media-link = Link
media-line = { $what }:
media-image-undescribed = Image without a description
media-video-undescribed = Video without a description
media-link-undescribed = Link without a description

## Why here?

why-title = Why is this post here?
why-post = The post
why-reasons = What brought it
why-rule-invite = It carries #{ $value }, the invitation tag: its author wanted it on the square of { $city }.
why-rule-hashtag = It carries the hashtag #{ $value }, which { $city } looks for.
why-rule-word = Its text contains “{ $value }”, which { $city } looks for.
why-rule-all_of = It carries hashtags that together mean { $city }: { $value }.
why-rule-ambiguous = It contains an ambiguous term beside a local one: { $value }.
why-rule-geotag = It is attached to a place: { $value }.
why-rule-account = Its account is listed by { $city }: { $value }.
why-rule-thread = It replies to a post that is already on the square.
why-rule-around = It speaks of the surroundings of { $city }: { $value }.
why-rule-moderator = A moderator found that it is about { $city }.
why-thread-link = See that post
why-copies = Where else it is
why-copies-text = What is said once is shown once. The card is that of the original post, or of the first that came.
why-copy-declared = { $network }: a copy that names its original and adds nothing to it.
why-copy-article = { $network }: the same article, at the same address and under the same title.
why-copy-words = { $network }: the same words, published by the same listed body less than a day apart.
why-copy-event = { $network }: the same event, announced elsewhere for the same hour, under the same title and at the same place.
why-copy-link = See this copy
why-facts = What we know of it
why-source = Network and address of origin
why-date-corrected = Its author dated it ahead of time: this is when we read it.
why-created = Published
why-received = Arrived here
why-edited = Edited
why-place = Place
why-place-text = { $zone }, from the words of the text. A text never gives a point on the map.
why-place-point = { $zone }. The exact point is not kept; it is rounded to a square of { $n } metres.
why-place-zone = { $zone }. No point is kept.
why-place-city = Within the limits of { $city }, no nearer. The exact point is not kept; it is rounded to a square of { $n } metres.
why-place-none = No place is stated or kept.
why-tier = The author’s consent
tier-invited = Invited: the account is listed by the city, or the post carries the invitation tag.
tier-public = Public: its author published it for everyone and asked for nothing else.
tier-quiet = Quiet: public, but its author does not wish it to be found by searching.
why-kept = Kept until
why-until = { $n ->
    [one] { $day }, { $n } day after it arrived; then erased. Erased at once if its author deletes it.
   *[other] { $day }, { $n } days after it arrived; then erased. Erased at once if its author deletes it.
}
why-recipe = Recipe applied
why-recipe-of = What { $city } looks for
why-recipe-changed = The recipe has changed since; this post still matches it.
why-not-wanted = Did you not want to be here?
why-not-wanted-text = If this post is yours, you can delete it on its network: it disappears from here at once. You can also ask that nothing of yours be shown here.
why-leave = Remove my posts

## The recipe

recipe-title = What { $city } looks for
recipe-lead = A public post comes to the square of { $city } if one of these rules calls it and none turns it away. Nothing else decides: not how popular it is, not the opinion it expresses.
recipe-admits = What calls a post
recipe-invite = Invitation tag
recipe-invite-why = Using it is inviting yourself to the square: consent is given for that post.
recipe-hashtags = Hashtags
recipe-words = Words of the text
recipe-words-why = Whole words, in posts that are not replies, on { $networks } and in the city’s languages.
recipe-together = Hashtags together
recipe-geotag = Place
recipe-geotag-why = The post is attached to a place within { $city }.
recipe-accounts = Accounts
recipe-account = @{ $handle } on { $network }
recipe-feeds = Website feeds
recipe-feeds-why = All that they publish is shown, under their name; of the press, the title and the link.
recipe-senders = Direct senders
recipe-senders-why = What they send is signed: nobody can speak in their place.
recipe-opendata-why = What is in force, or to come within four weeks, is shown with its place and dates; what is taken out there goes here too.
recipe-threads = Replies
recipe-threads-why = Replies to a post of the square come with it, on the same conditions.
recipe-ambiguous = Ambiguous terms
recipe-ambiguous-why = They also mean something else. Alone they are not enough: a local term, a neighbourhood, a place or a listed account must stand beside them.
recipe-context = Local terms that settle the doubt, along with the neighbourhoods and their places:
recipe-exclude = What turns a post away
recipe-assembly = Hashtags of assemblies
recipe-assembly-why = Posts that carry them are read like any other, but count in no map, no alert and no count of authors.
recipe-around = The surroundings
recipe-around-why = Posts that speak of { $city } have a section of their own and say so.
recipe-zones = Neighbourhoods
recipe-zones-why = A text that names one of these places is filed under its neighbourhood, never placed at a point.
recipe-places = Places recognised in texts
recipe-zone-no-outline = no outline
recipe-zone-below-cell = too small to place a person in
recipe-officials = Listed accounts
recipe-officials-why = Being listed is no approval; not being listed is no blame.
official-institution = institution
official-elected = elected person
official-service = public service
official-press = press
official-association = association
recipe-version = Version
recipe-version-why = The mark of this recipe is printed with every post it brought:

## The sources

sources-title = What the feed of { $city } can and can’t see
sources-lead = An empty feed is not always a quiet city. This page says what is read, what is missing, and why.
sources-read = What is read
sources-last-event = Last sign received: { $when }.
sources-last-post = Last post shown: { $when }.
sources-share = { $n ->
    [0] Over the last four weeks, next to nothing of what appeared here came from it.
    [100] Over the last four weeks, all that appeared here came from it.
   *[other] Over the last four weeks, { $n }% of what appeared here came from it.
}
sources-missing = { $n ->
    [one] Going by the last four weeks, about { $n } post is missing.
   *[other] Going by the last four weeks, about { $n } posts are missing.
}
sources-detail = In detail:
sources-gaps = Recent gaps
sources-gap = from { $from } to { $until }
sources-usual-day = { $n ->
    [one] Usually about { $n } post a day.
   *[other] Usually about { $n } posts a day.
}
sources-usual-week = { $n ->
    [0] Usually less than one post a week.
    [one] Usually about { $n } post a week.
   *[other] Usually about { $n } posts a week.
}
source-connecting = { $network }: connecting since { $since }.
source-live = { $network }: read live since { $since }.
source-visited = { $network }: visited regularly since { $since }.
source-push = { $network }: ready to receive since { $since }.
source-catching-up = { $network }: catching up since { $since }.
source-waiting-for-profiles = { $network }: waiting for authors’ profiles since { $since }; nothing is shown without their consent.
source-silent = { $network }: connected, but silent since { $since }.
source-down = { $network }: cut off since { $since }, trying again.
source-refused = { $network }: refusing to answer since { $since }.
source-stopped = { $network }: stopped since { $since }.
sources-unseen = What this feed will not see
sources-unseen-lead = These networks close their public posts to those without an account or a contract. We do not work around their doors.
sources-meta = Reading is reserved for their accounts and for commercial agreements.
sources-x = Public reading closed in 2023; access is paid.
sources-tiktok = No public access that would let one follow a city.
sources-messengers = These are private or group conversations; they have no place here.
sources-not-yet = Not yet read here
sources-mastodon = No server is read for this city yet. Any can be that shows its timelines to the public, or whose admin agrees.
sources-feeds-name = Websites, calendars, RSS feeds
sources-feeds = None is named for this city yet. The town hall, the press and associations often publish there first.
sources-opendata = No dataset is named for this city yet. Events, works and closures are published there with their places and dates.
sources-nostr = No relay is named on this server.
sources-push = No service sends its information to this feed by itself yet.
sources-nostr-places = On Nostr a place is what the author writes: it does not prove that they were there. Read are the posts that carry a hashtag of the city, in its usual spellings, or a geographic cell of five or six letters that touches it.
sources-mentions = Whoever mentions an account of the town hall, or replies to it, is heard by its desk though the town follows nobody. On Bluesky every public post that does so is read; on Mastodon only one that carries a hashtag of the city, and the town hall’s answer too; on Nostr those that the relays which are read carry.
sources-people = Who will never be shown
sources-people-text = Posts meant for a circle, posts of authors who refuse to be read outside their network, indexed or taken up by a robot, and posts flagged as shocking. Of those nothing is kept but a number; of an unlisted post, or one for signed-in readers only, that addresses the town hall, it keeps the address and not a word.

## Leaving

leave-title = Remove my posts
leave-lead = You can ask that nothing of yours appears here any more. You need not say why.
leave-here = Ask here
leave-network = Network
leave-handle = Account name
leave-handle-help = For example lea.bsky.social, with or without @.
leave-post = Asked from post { $post }.
leave-submit = Ask for removal
leave-then = What happens next
leave-then-1 = The person in charge of this site receives your request and makes sure that the account exists. It is dealt with as soon as possible, within one month at the latest.
leave-then-2 = All posts of that account are then erased, in every city, and disappear at once from open pages.
leave-then-3 = Later ones will not be taken up. Only an unreadable mark of the account remains, to recognise it.
leave-contact = For a question, or a doubt about your request: { $contact }
leave-faster = Faster, without us
leave-faster-delete = Delete the post on its network: it disappears from here at once.
leave-faster-setting = On Bluesky, ask in the settings to be read by signed-in people only: your posts leave the square.
leave-faster-bio = Add #nobot or #NoParvis to your description: same effect.
leave-problem-title = The request was not sent
leave-problem-missing = Enter the name of the account to remove.
leave-problem-impossible = That account name is not possible: it has no space, slash or angle bracket.
leave-problem-network = Choose a network from the list.
leave-problem-foreign = The request came from another site. Send it from this page.
leave-problem-later = The request can’t be kept at the moment. Try again in a few minutes.
leave-done-title = Your request is recorded
leave-done-lead = It concerns the account @{ $handle } on { $network }.

## Personal data

privacy-title = Personal data
privacy-lead = A public post is still personal data. Here is who answers for it, why, and for how long.
privacy-lead-nobody = A public post is still personal data. Here is what is kept of it, and for how long.
privacy-controller = Controller
privacy-controller-none = No controller is named: this installation is not open to the public.
controller-town = municipality
controller-epci = group of municipalities
controller-association = association
controller-press = press
controller-individual = private person
privacy-contact = Contact
privacy-purpose = Purpose
privacy-basis = Legal basis
purpose-local_information = Local information for the townspeople
purpose-public_dialogue = Public dialogue between the town and its people
purpose-press_review = The local press review
basis-public_interest = Task in the public interest (GDPR, article 6(1)(e))
basis-legitimate_interest = Legitimate interest (GDPR, article 6(1)(f))
privacy-data = What is kept
privacy-data-text = The public text of the post, its author’s public name and identifier, its dates, its hashtags, the descriptions of its images, and a place rounded to one kilometre if it states one. No image, no biography, no followers, no history of places.
privacy-origin = Where it comes from
privacy-origin-text = From the open networks named on the sources page, where its author published it for everyone.
privacy-kept = For how long
privacy-kept-invited = { $n ->
    [one] listed accounts and invited posts: { $n } day
   *[other] listed accounts and invited posts: { $n } days
}
privacy-kept-public = { $n ->
    [one] other public posts: { $n } day
   *[other] other public posts: { $n } days
}
privacy-kept-quiet = { $n ->
    [one] quiet posts: { $n } day
   *[other] quiet posts: { $n } days
}
privacy-kept-desk = { $n ->
    [one] posts addressed to the town hall, for its desk: { $n } day
   *[other] posts addressed to the town hall, for its desk: { $n } days
}
privacy-readers = Who reads it
privacy-readers-text = You, and everyone in the same way. The town hall sees no post that a resident cannot read here, but for those that address its own accounts and, for its moderators, those that wait to be admitted or that they took away.
privacy-refused = What is not done here
privacy-refused-text = No profile, no score, no analysis of opinion, religion or health; no search by author; no resale; no use for policing, taxation or recruitment.
privacy-rights = Your rights
privacy-rights-text = You can see what is kept about you, have it corrected, object to it and have it erased.
privacy-complaint = If the answer does not satisfy you, you can turn to the CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, or to your country’s authority.
privacy-complaints = Reports
privacy-complaints-text = Whoever reports a post or contests a decision leaves a reason, an explanation and perhaps an e-mail address, read by the moderators alone and erased 90 days after the answer. Of the internet address only a fingerprint stays, which is this post’s own.
privacy-visit = Your visit
privacy-visit-text = These pages use no cookie and no audience measurement and ask nothing of third parties. Your browser only remembers, on your side, whether you paused the feed. Addresses are truncated in the server’s logs and erased after 7 days.

## Accessibility

accessibility-title = Accessibility
accessibility-lead = This statement concerns the public pages of the square of { $city }.
accessibility-state = State of compliance
accessibility-state-full = Fully compliant with the French general accessibility framework (RGAA) 4.1.2.
accessibility-state-partial = Partially compliant with the French general accessibility framework (RGAA) 4.1.2.
accessibility-state-none = Not compliant: no audit against the French general accessibility framework (RGAA) 4.1.2 has been made of this installation yet. It is the only answer the law allows without an audit; it does not say that these pages can’t be used.
accessibility-done = What is done
accessibility-done-pause = The feed can be paused and resumed; the button is the first one of the page, by keyboard and by mouse.
accessibility-done-still = Nothing moves while you read: new posts wait behind a button.
accessibility-done-say = A screen reader hears at most one announcement every 30 seconds, with a number, never the text of posts.
accessibility-done-scripts = Everything can be read without JavaScript, page by page.
accessibility-done-images = Image descriptions are shown; their absence is said. Every text carries its language.
accessibility-done-map = The map always has its table. No information rests on colour alone.
accessibility-done-contrast = Light or dark theme, increased contrast, forced colours, zoom and reduced motion follow your settings.
accessibility-not = Content beyond our reach
accessibility-not-text = Texts and image descriptions are their authors’. The original pages, on their networks, have their own statement.
accessibility-contact = Report an obstacle
accessibility-contact-text = Write to { $contact }: you are owed an answer within a week, and the content will be given to you in another form if needed.
accessibility-contact-none = No address is given: this installation is not open to the public.
accessibility-defender = Further remedies
accessibility-defender-text = Without a satisfactory answer you can turn to the French Défenseur des droits: defenseurdesdroits.fr, +33 9 69 39 00 00, or Défenseur des droits, Libre réponse 71120, 75342 Paris Cedex 07.

## Who is listed

listed-title = Who is listed on the square { $of-city }
listed-lead = These are the accounts and sites that the city’s file names. Publishing a post puts nobody here.
listed-approval = Being listed is no approval. Not being listed does not mean “noise”: everybody else’s posts come by their hashtags and places.
listed-by = The list is kept by { $who }, in the city’s file.
listed-by-nobody = The list is kept by whoever runs this server, in the city’s file.
listed-unchecked = A “proven” account has a name that only whoever holds the domain of the body’s site can give; each hour the network is asked again whose it is. Of any other account, what it is said to be is the word of whoever keeps the list. Who is listed until a day is listed no more the day after.
listed-proven = proven by the domain { $site }
listed-term = From { $since } to { $until }.
listed-since = Since { $since }.
listed-until = Until { $until }.
listed-none = The city’s file lists no account. The square lives on the public posts that speak of it.
listed-sends = direct push, signed; section { $lane }
listed-kind-institution = Institutions
listed-kind-service = Public services
listed-kind-elected = Elected persons
listed-kind-press = Press
listed-kind-association = Associations
listed-kind-unknown = Kind unknown
listed-means-institution = Their posts stand in the section Information. Whoever mentions them in public addresses the town hall’s desk.
listed-means-service = Their posts stand in the section Information. Whoever mentions them in public addresses the town hall’s desk.
listed-means-elected = Persons, who speak for themselves among the residents. It is not the voice of the town hall, and its desk does not receive what is addressed to them.
listed-means-press = Its posts have a section of their own, Press.
listed-means-association = They speak among the residents.
listed-means-unknown = The file gives these accounts without saying who they are. They stand among the residents.
listed-change = To be added, or removed
listed-change-contact = Write to { $contact }: give the account and its network, and say who you are.
listed-change-leave = That nothing of a listed account be shown here any more can also be asked online:

## Asking the town hall

ask-title = Ask the town hall
ask-lead = Mention one of these accounts in a public post. It reaches the town hall’s desk, whether the town follows you or not.
ask-none = The city’s file gives no account of the town hall: what is addressed to it on the networks reaches no desk here.
ask-emergency = Not for emergencies. In danger, call the emergency services.
ask-emergency-fr = Not for emergencies. In danger, call 112, or 15 (ambulance), 17 (police), 18 (fire); by text message, 114.
ask-emergency-ch = Not for emergencies. In danger, call 112, or 117 (police), 118 (fire), 144 (ambulance).
ask-emergency-ca = Not for emergencies. In danger, call 911.
ask-who = Whom to write to
ask-compose = Write to @{ $handle }
ask-how = On { $network } every public post that mentions the account, or replies to it, is read.
ask-how-mastodon = On Mastodon mention the whole account from your own server and add #{ $tag }: without a hashtag of the city the desk does not see the post. Only the servers that are read here are seen.
ask-how-mastodon-untagged = On Mastodon mention the whole account from your own server and add a hashtag of the city: without one the desk does not see the post. Only the servers that are read here are seen.
ask-how-nostr = On Nostr name the account’s key. The post is read if one of the relays that are read here carries it.
ask-unread = { $network } is not read here: what is written there does not reach the desk.
ask-public = For everybody to read it here
ask-then = What becomes of your post
ask-nobody = Nobody has an account to read these posts at the desk yet: expect no answer this way.
ask-then-desk = { $n ->
    [one] The desk keeps it for { $n } day at most. If you delete it, it disappears from here too.
   *[other] The desk keeps it for { $n } days at most. If you delete it, it disappears from here too.
}
ask-then-public = Question and answer are public, on their network: put nothing personal in it, no address, health or file.
ask-then-pointer = Of an unlisted post, or one for signed-in readers only, the desk has the address and not a word. A private message is never read.
ask-when = When the desk is open
ask-answers-none = { $n ->
    [one] Over the last day no post waited for an answer.
   *[other] Over the last { $n } days no post waited for an answer.
}
ask-answers-computed = These figures are computed, not typed.
ask-answers-data = The same figures, for a program
ask-share = { $count }, that is { $percent }%
ask-else = Otherwise
ask-else-text = There is no form here. Without an account on these networks, or for a personal matter, turn to the town hall by its usual ways.
ask-else-sites = It also publishes on:
hours-days = { $first } to { $last }
hours-span = { $from } to { $to }
hours-line = { $days }: { $times }.
hours-closed = closed
hours-closed-on = Also closed
hours-assumed = The town has given no hours; these stand meanwhile.

## The charter

about-title = The square of { $city }
about-lead = A public square: you pass through, you listen, you speak if you like. It gathers what is said of { $city } on open networks.
about-speak = Who speaks
about-speak-text = People, associations, the press and public services, each from their own account. Accounts listed by the city are marked in words; the others speak for themselves.
about-order = In what order
about-order-text = That of arrival. What the town hall pins is named at the top of the page and marked; no other post is put forward, not even its own.
about-public = On what conditions
about-public-text = Only posts published for everyone, by authors who have not asked to be kept out. The text is never altered; it is signed, dated and leads to the original.
about-moderation = How it is moderated
about-moderation-text = By people of the town, for reasons fixed in advance. Each decision is in the public log, without text or name, and is contested before somebody else.
about-in-force = { $n ->
    [0] No decision is in force.
    [one] One decision is in force.
   *[other] { $n } decisions are in force.
}
about-blocked = { $n ->
    [one] One account is blocked.
   *[other] { $n } accounts are blocked.
}
about-desk = Who keeps the desk, and when
about-desk-text = People of the town, by role:
about-role = { $n ->
    [one] { $role }: one account
   *[other] { $role }: { $n } accounts
}
about-leave = How to leave
about-leave-text = By deleting the post, by saying so in one’s description, or by asking here. What is deleted at its origin is deleted here.
about-never = What it will not be used for
about-never-text = To watch people or assemblies, to score opinions, to recruit, to police. There is no search by author.
about-who = Who answers for it
about-code = The software
about-code-text = Parvis is free software under the AGPL-3.0 licence. Its code can be read, checked and reused.

## Moderation

measure-hide = Hidden
measure-fold = Folded
measure-pin = Pinned
measure-admit = Admitted
measure-block-author = Account blocked
measure-block-word = Word blocked
motive-unrelated = not about the city
motive-advertising = advertising
motive-abuse = insults, hatred or harassment
motive-private-life = private life or personal data
motive-misleading = misleading about public safety or a public service
motive-illegal = manifestly illegal content
motive-reports = reported by several people
motive-useful = useful to whoever reads the square now
motive-about-the-city = about the city
ending-expired = its time was over
ending-lifted = lifted by the moderators
ending-appeal = lifted on appeal
ending-replaced = replaced by another measure
withheld-title = This post is not shown here
withheld-lead = The square’s moderators decided so. Nothing of what it says is on this page; it is still on its network.
withheld-appeal = If this post is yours
withheld-appeal-text = You can contest the decision, without an account. Somebody else than who took it will look again, and you are given their answer with its reasons.
why-folded = Why it is folded
statement-measure = Measure
statement-does-hide = This post is on no page of this square.
statement-does-fold = This post is read by opening the line behind which it is folded.
statement-does-block-author = The posts of this account are not shown on this square.
statement-does-block-word = Posts with this word are not shown on this square.
statement-motive = Reason
statement-decided = Decided
statement-by-moderator = by a moderator
statement-by-itself = automatically, after several reports
statement-end = End
statement-no-end = No end is set
statement-until = { $day }
statement-ended = { $how }, { $when }
statement-log = Log
statement-number = Decision no. { $number }
statement-appeal = Contest this decision
report-post-title = Report a post
report-post = Post
report-address = Its address
report-here = To the square’s moderators
report-here-text = Somebody will read it and decide. Neither account nor name is needed, and only the moderators see your report.
report-words = Details (optional)
report-submit = Report
notice-title = Give notice of illegal content
notice-text = This is what the law provides. It asks for a reason, an explanation, an e-mail address and your good faith.
notice-words = What is illegal, and why
notice-faith = I declare in good faith that these statements are accurate and complete.
notice-submit = Give notice
report-other = Something else?
report-own = If this post is yours, you can remove it yourself.
report-danger = If somebody is in danger, call 17 or 112.
complaint-motive = Reason
complaint-contact = E-mail address
complaint-contact-help = It serves to reach you about this alone, and only the moderators see it.
complaint-problem-title = Nothing was sent
complaint-problem-motive = Choose a reason.
complaint-problem-words = Write an explanation: without one nobody can judge.
complaint-problem-long = { $n ->
    [one] The explanation is longer than one character; shorten it.
   *[other] The explanation is longer than { $n } characters; shorten it.
}
complaint-problem-contact = Give a complete e-mail address, such as name@example.org.
complaint-problem-faith = Tick the declaration of good faith: the law asks for it.
complaint-problem-foreign = The form came from another page. Send it from this one.
complaint-problem-again = The same has been sent from here already and waits for its answer. Follow it at the address that you were given; if you lost it, write to { $contact }.
complaint-problem-again-nobody = The same has been sent from here already and waits for its answer. Follow it at the address that you were given.
complaint-problem-many = Too many requests are waiting already. Write to { $contact }.
complaint-problem-many-nobody = Too many requests are waiting already. Come back tomorrow.
complaint-problem-later = This can’t be kept just now. Try again in a minute.
appeal-title = Contest a decision
appeal-lead = Somebody else than who took this decision will look at it again with what you say.
appeal-over = This decision is no longer in force; there is nothing left to contest.
appeal-yours = Your request
appeal-words = Why this decision should be lifted
appeal-contact = E-mail address (optional)
appeal-submit = Contest
followed-report-open = Your report has come
followed-report-closed = Your report is answered
followed-notice-open = Your notice has come
followed-notice-closed = Your notice is answered
followed-appeal-open = Your appeal has come
followed-appeal-closed = Your appeal is answered
followed-next = A moderator will read it and decide. The answer, with its reasons, can be read at this address.
followed-next-appeal = It will not be the one who took the decision.
followed-next-contact = No e-mail is sent by default: your address serves only if a detail is missing.
followed-keep = Keep this address: nothing else leads here.
followed-received = Received
followed-closed = Answered
followed-upheld = The moderators agreed with you and took a measure.
followed-rejected = The moderators read the post and took no measure against it.
followed-appeal-upheld = The decision that you contested is lifted.
followed-appeal-rejected = After a second look, the decision stands.
followed-answer = Their answer:
followed-decision = The decision
followed-contested = The contested decision
followed-remedies = If you don’t accept the answer
followed-remedies-text = Write to { $contact }.
followed-remedies-law = You can also go to court. Manifestly illegal content is reported to the French police at internet-signalement.gouv.fr.
public-log-title = Moderation
public-log-lead = All that moderators decide on this square, with its reason and its end. Texts, words and people are never in it.
public-log-now = In force
public-log-now-none = No decision is in force.
public-log-count = Decisions
public-log-missing = Your post does not appear?
public-log-url = The post’s address on its network
public-log-url-help = Such as https://bsky.app/profile/…/post/…; copy it from the network where it is published.
public-log-look = Look
public-log-unknown = No decision is known of this post. It may never have been what the city looks for, or it is not public.
public-log-decisions = The decisions
public-log-what = Decision
public-log-state = State
public-log-in-force = In force
public-log-until = In force until { $day }
public-log-empty = The moderators have not decided anything on this square yet.
public-log-end = There is no older decision.
public-log-older = Older decisions
public-log-newest = Back to the newest
public-log-note = A decision that has ended stays in the log for thirteen months. Whoever feels wronged contests it from the page of their post, and somebody else decides.

## When something is missing

trouble-no-city = This city is not here
trouble-no-city-lead = No square bears the name “{ $asked }”.
trouble-no-page = This page does not exist
trouble-no-page-lead = The address may be incomplete.
trouble-no-post = This post is not here
trouble-no-post-lead = It may have been deleted by its author, erased at the end of its time, or never have been on this square.
trouble-no-decision = This decision is not here
trouble-no-decision-lead = Its number is incomplete, or it is none that can be contested. Decisions are contested from the post’s page, by “Why here?”.
trouble-no-complaint = Nothing is followed at this address
trouble-no-complaint-lead = It may be incomplete. A request is kept for 90 days after its answer, then erased.
trouble-unavailable = The square is closed for a moment
trouble-unavailable-lead = Posts can’t be read right now. Nothing is lost: come back in a minute.
trouble-near = Were you looking for:

## The desk

foot-desk = One cookie, for as long as the desk’s session; no request to anybody else.
desk-nav = Pages of the desk
desk-now = Now
desk-log = Log
desk-people = Accounts
people-title = Accounts of the desk
people-lead = Who works here, and with which role. Whoever gains or loses a role signs in anew.
people-name = Account
people-roles = Roles
people-state = Way in
people-closed = closed
people-second = password and second factor
people-second-missing = second factor to be set up at the next sign-in
people-password = password
people-take = Take
people-take-what = Take { $role } from { $name }
people-give-title = Give a role
people-give-lead = A name that there is not yet becomes an account, with a password that is shown once.
people-role = Role
people-give = Give
people-made = The account { $name } is made. Its password, shown once:
people-given = The role is given.
people-taken = The role is taken.
people-bad-name = An account name is made of 2 to 64 small letters without accents, digits, dots, hyphens and at signs.
people-bad-role = Choose a role.
people-elsewhere = This name is an account’s of another desk. The server’s administrator can give it a role here.
people-own = You cannot take the administration from yourself.
desk-others = Other desks
desk-sign-out = Sign out
desk-back = Back to the desk
desk-sign-in-title = The desk
desk-sign-in-lead = For the town’s officers. The square itself is read without an account.
desk-name = Account name
desk-password = Password
desk-session-over = Your session has closed. Sign in again, and you are back where you were.
desk-sign-in = Sign in
desk-no-account = No account, or a lost password? The desk’s administrator, or the server’s, gives one.
desk-wrong = This name and this password do not belong together.
desk-wrong-code = This code is not the one, or it was used already. Wait for the next.
desk-wait = { $n ->
    [one] Too many tries: try again in a second.
   *[other] Too many tries: try again in { $n } seconds.
 }
desk-busy = The server can’t do this at the moment. Try again in a minute.
desk-code-title = Second factor
desk-code-lead = Your password is right. Give the code that your application shows.
desk-code = { $n ->
    [one] Code of one digit
   *[other] Code of { $n } digits
 }
desk-code-send = Go on
desk-code-lost = Lost your telephone? The server’s administrator clears the second factor, and you set up another.
desk-set-up-title = Set up a second factor
desk-set-up-lead = Your role asks for more than a password: a code that your telephone works out.
desk-set-up-1 = Open an application that works out codes (Aegis, FreeOTP, or your council’s) and show it this picture.
desk-set-up-2 = Copy the code that it shows below.
desk-set-up-picture = The picture to show to the application
desk-set-up-here = The application is on this device
desk-set-up-typed = Or type this secret there:
desk-cities-title = Your desks
desk-cities-none = Your account has no role in any city yet. The desk’s administrator gives them.
desk-account-title = Your account
desk-roles = Your roles
desk-second-on = A second factor protects this account.
desk-second-off = A password alone protects this account: your role asks for no more.
desk-password-title = Change the password
desk-password-old = Present password
desk-password-new = New password
desk-password-help = { $n ->
    [one] One character at least.
   *[other] { $n } characters at least; a sentence is fine.
 }
desk-password-send = Change
desk-password-changed = The password is changed, and your other sessions are ended.
desk-password-wrong-old = The present password is another.
desk-password-short = { $n ->
    [one] It takes one character at least.
   *[other] It takes { $n } characters at least.
 }
desk-password-long = It is too long.
desk-password-plain = Too easy to guess: leave the account’s name out, and do not repeat one character.
desk-sessions-title = Your sessions
desk-sessions-text = A session ends after half an hour of rest, and after twelve hours in all.
desk-sessions-send = End my other sessions
desk-sessions-ended = Your other sessions are ended.
desk-session = Opened { $opened }, used { $seen }
desk-session-this = this one
desk-session-half = without the second factor
desk-session-end = End
desk-session-end-this = End the session opened { $opened }
desk-session-ended = The session is ended.
desk-foreign-title = Form refused
desk-foreign = It came from another page, or from a session that has ended. Go back to the desk and begin again.
desk-no-right-title = Not for this account
desk-no-right = Your role does not open this page in this city.
desk-not-found-title = Nothing at this address
desk-not-found = The desk has no page here.
desk-later-title = Try again
desk-log-title = Log of the desk
desk-log-lead = What was done here, by whom and why. No line can be changed or erased without its being seen.
desk-log-empty = Nothing has been done at this desk yet.
desk-log-older = Older lines
log-number = No.
log-when = When
log-who = Who
log-what = What
log-on = On
log-why = Reason or role
desk-now-title = The desk { $of-city }
desk-today = { $n ->
    [0] Nobody has published anything today; it is { $time }.
    [one] One post today, at { $time }.
   *[other] { $n } posts today, at { $time }.
 }
desk-trouble = This feed does not see everything
desk-trouble-more = What is missing, and since when
desk-days = Posts a day
desk-day = Day
desk-posts = Posts
desk-days-says = Posts by people a day; today is not over. The line is what is usual for the day of the week, where it is known.
desk-days-note = People’s, without what is sent automatically: what everybody can count on the square.
desk-announced = Announcements
desk-in-force = { $n ->
    [0] No information is in force.
    [one] One information is in force.
   *[other] { $n } informations are in force.
 }
desk-to-come = { $n ->
    [0] The agenda is empty.
    [one] One event is in the agenda.
   *[other] { $n } events are in the agenda.
 }
desk-square = See the square
desk-sources = Sources
desk-sources-more = What this feed sees, and does not see
desk-try = Try the desk
desk-try-lead = This is a demonstration: come in by one click, with the role that you like.
role-does-reader = reads the figures
role-does-contributor = answers people and drafts announcements
role-does-moderator = hides, folds and pins; does not see what is addressed to the town
role-does-publisher = answers, and publishes announcements
role-does-dpo = reads the log of what is done here
role-does-administrator = gives and takes roles
role-reader = Reading
role-contributor = Contributing
role-moderator = Moderating
role-publisher = Publishing
role-dpo = Data protection
role-administrator = Administration
actor-operator = the server’s administrator
act-role-given = Role given
act-role-taken = Role taken
act-account-disabled = Account closed
act-account-enabled = Account opened again
act-password-changed = Password changed
act-password-and-second-factor-reset = Password and second factor reset
act-second-factor-set-up = Second factor set up
act-signed-in = Signed in
act-sessions-ended = Sessions ended by whose they are
act-rewound = Lines lost: an earlier state of the database was put back

## The desk's inbox

desk-inbox = Addressed
inbox-title = Addressed to the town
inbox-lead = Public posts that mention an account of the town or reply to it. They are answered on their network, from the town’s account; the answer is seen here by itself.
inbox-states = States
inbox-new = New
inbox-assigned = Under way
inbox-answered = Answered
inbox-answered-elsewhere = Answered elsewhere
inbox-no-answer-needed = No answer needed
inbox-empty = There is none in this state.
inbox-share = Answered over 30 days: { $answered } of { $asked }.
inbox-delay = Usual delay, in office hours: { $delay }.
inbox-delay-unknown = Too few public answers to tell a delay.
duration-minutes = { $n ->
    [0] less than a minute
    [one] one minute
   *[other] { $n } minutes
 }
duration-hours = { $n ->
    [one] one hour
   *[other] { $n } hours
 }
inbox-on = on { $network }
inbox-waits = has waited { $delay } of office time
inbox-pointer-who = Somebody
inbox-pointer = Its author does not show this post to everybody. It is not kept here: it is read on its network.
inbox-hidden = The operator of the server has hidden this post everywhere. It is read on its network.
inbox-reply = Read and answer on { $network }
inbox-is-assigned = Taken by { $name }, { $when }
inbox-is-answered = Answered in public, { $when }
inbox-is-answered-elsewhere = Answered elsewhere, { $when }
inbox-is-no-answer-needed = No answer needed, { $when }
inbox-see-answer = See the answer
inbox-earlier = { $n ->
    [one] One earlier exchange with the town
   *[other] { $n } earlier exchanges with the town
 }
inbox-on-page = On the square too
inbox-act-assign = I take it
inbox-act-assign-to = Give
inbox-assign-to = Give to somebody else
inbox-colleague = To whom
inbox-no-colleague = That account can’t answer here: choose somebody else.
inbox-unheard = On Mastodon a mention that carries none of the city’s tags does not come here: look at your account’s notifications too.
inbox-act-no-answer-needed = No answer needed
inbox-act-answered-elsewhere = Answered elsewhere
inbox-act-reopen = Back to new
inbox-not-allowed = Somebody has dealt with it already. Look how it stands before you take it up again.
inbox-gone = This post is no longer there: its author took it back, or its time is over.
inbox-older = Older
inbox-waiting = { $n ->
    [0] Nobody waits for an answer of the town.
    [one] One post waits for an answer of the town.
   *[other] { $n } posts wait for an answer of the town.
 }
inbox-open = Open
act-assign = Post taken
act-no-answer-needed = Post set down as needing no answer
act-answered-elsewhere = Post answered elsewhere
act-reopen = Post put back to new

## The desk's numbers

desk-numbers = Numbers
numbers-title = Numbers
numbers-widths = Periods
numbers-by-day = By day
numbers-by-week = By week
numbers-by-month = By month
numbers-before = Period before
numbers-after = Next period
numbers-period = From { $from } to { $until }
numbers-posts = { $n ->
    [0] No posts by people.
    [one] One post by people.
   *[other] { $n } posts by people.
 }
numbers-people = { $n ->
    [one] At least one person.
   *[other] At least { $n } people.
 }
numbers-few = { $n ->
    [one] Fewer than one person.
   *[other] Fewer than { $n } people.
 }
numbers-bodies = { $n ->
    [one] One post by listed bodies.
   *[other] { $n } posts by listed bodies.
 }
numbers-automatic = { $n ->
    [one] One automatic post.
   *[other] { $n } automatic posts.
 }
numbers-around = { $n ->
    [one] One post from around.
   *[other] { $n } posts from around.
 }
numbers-absent = This period is not closed, or it was not counted: the town is counted since { $since }. A day is closed two minutes after midnight.
numbers-not-yet = The town is not counted yet. It will be at the end of the day.
numbers-hour = By hour
numbers-zone = By neighbourhood
numbers-tag = By tag
numbers-network = By network
numbers-language = By language
numbers-link = By page that is cited
numbers-of-hour = Hour
numbers-of-zone = Neighbourhood
numbers-of-tag = Tag
numbers-of-network = Network
numbers-of-language = Language
numbers-of-link = Page
numbers-authors = People, at least
numbers-none = Nothing that can be told without telling of too few people.
numbers-more = { $n ->
    [one] One more value
   *[other] { $n } more values
 }
numbers-note = { $n ->
    [one] A number is told only if it is of one person at least.
   *[other] A number is told only if it is of { $n } people at least, it and what it leaves; else it waits for the week, then the month. Months are made of whole weeks. Nobody counts demonstrations.
 }

desk-moderation = Moderation
moderation-title = Moderation
moderation-post-title = Moderate a post
moderation-lists = Lists
moderation-complaints = Reports and appeals
moderation-queue = To check
moderation-latest = Latest posts
moderation-decisions = Decisions
moderation-lead-complaints = What readers or authors ask for. Each then reads what was decided, and why.
moderation-lead-queue = Posts in which only an ambiguous word suggests the city. Nobody sees them; without an answer they are erased after three days.
moderation-lead-latest = Those that everybody sees on the square, no more and no less.
moderation-lead-decisions = Each is in the public log too, without text or name.
moderation-empty-complaints = Nobody asks for anything.
moderation-empty-queue = No post is waiting.
moderation-empty-latest = The square is empty at the moment.
moderation-empty-decisions = Nothing has been decided here yet.
moderation-origin = { $network }, { $when }
moderation-for = : { $motive }
moderation-is-hidden = No longer shown
moderation-is-queued = Not shown yet
moderation-ambiguous = Ambiguous term: { $value }
moderation-automatic = automatic
moderation-until = until { $when }
moderation-number = Decision no. { $number }
moderation-against = Against
moderation-post-gone = The post is no longer here: its author took it back, or its time is over.
moderation-answer = Answer to whoever asked (optional)
moderation-your-answer = Your answer to whoever asked
moderation-reasons = To leave it as it is, say why: the law asks for it, and it is read at the address that follows it.
moderation-grant = Grant the appeal
moderation-maintain = Uphold the decision
moderation-reject = Leave as it is
moderation-act = Moderate
moderation-see = See the original
moderation-admit = Show on the square
moderation-dismiss = Not about the city
moderation-the-post = The post
moderation-see-post = The post of decision no. { $number }
moderation-lift = Take back
moderation-lift-of = Take decision no. { $number } back
moderation-more = More
moderation-n = No.
moderation-when = When
moderation-by = By
moderation-what = What
moderation-state = State
moderation-find = Find a post
moderation-find-label = Its address, on its network or here
moderation-find-send = Find
moderation-not-found = No post of this city has that address.
moderation-word = Word or phrase, six words at most
moderation-bad-word = It takes a word of two letters at least, or a phrase of six words at most.
moderation-motive = Reason
moderation-lasts = For how long
moderation-no-end = Without an end
moderation-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
moderation-block = Block
moderation-measures = Measures
moderation-measures-lead = A measure holds in this city alone. The author can appeal, and another moderator looks at it.
moderation-does-hide = The post is no longer on the square, nor in any of its outputs.
moderation-does-fold = The post stays, folded behind a line that says why.
moderation-does-pin = The post is named at the top of the square.
moderation-does-admit = The post is shown on the square.
moderation-does-block-author = Nothing of this account is shown in this city any more, nor what will come.
moderation-does-block-word = Every post of this city in which it stands as a whole is taken off, those to come too.
moderation-do-hide = Hide
moderation-do-fold = Fold
moderation-do-pin = Pin
moderation-do-admit = Show on the square
moderation-do-block-author = Block this account
moderation-do-block-word = Block a word
moderation-done-hide = It is taken off, on every screen.
moderation-done-fold = It is folded, on every screen.
moderation-done-pin = It is pinned.
moderation-done-admit = It is on the square.
moderation-done-block-author = This account is no longer shown here.
moderation-done-block-word = This word is blocked.
moderation-gone = It is no longer here: its author took it back, or its time is over.
moderation-unsound = This measure does not go with this post, this reason or this time.
moderation-standing = It is done already. See how it stands.
moderation-too-many = There are as many as there can be: take one back first.
moderation-own = You took this decision: it is for somebody else to look at the appeal. If there is nobody else, the desk’s administration can give that role.
moderation-reasons-missing = Say why: whoever asked reads the answer, with its reasons.
moderation-open = { $n ->
    [0] No report is waiting.
    [one] { $n } report or appeal is waiting.
   *[other] { $n } reports or appeals are waiting.
}
moderation-waiting = { $n ->
    [0] No post is to be checked.
    [one] { $n } post is to be checked.
   *[other] { $n } posts are to be checked.
}
complaint-report = Report
complaint-notice = Notice of illegal content
complaint-appeal = Appeal
motive-lost = reason lost when a backup was put back
act-hide = Post taken off
act-fold = Post folded
act-pin = Post pinned
act-admit = Post admitted
act-block-author = Account blocked
act-block-word = Word blocked
act-lift = Decision taken back
act-complaint-rejected = Request rejected

desk-notices = Notices
notices-desk-title = The city’s notices
notices-lead = Works, closures, alerts: what the city has to say itself, in three fields. Once published a notice stands first on the square, signed { $name }, and goes at its end.
notices-what = What
notices-where = Where (optional)
notices-starts = From (optional)
notices-ends = Until (optional)
notices-help = In the city’s time. Without an end a notice goes after a week; it lasts no longer than thirty days.
notices-write = Save
notices-all = Written here
notices-none = No notice has been written here yet.
notices-from-until = From { $from } until { $until }
notices-from = From { $from }
notices-until-end = Until { $until }
notices-a-week = A week
notices-by = written by { $name }, { $when }
notices-is-draft = Not published yet
notices-is-published = Published
notices-is-withdrawn = Taken back
notices-is-over = Over
notices-act-publish = Publish
notices-act-withdraw = Take off the square
notices-act-discard = Throw away
notices-wait-another = This city wants another person to read it before it is published.
notices-done-written = The notice is saved. It waits to be published.
notices-done-published = The notice is on the square.
notices-done-withdrawn = The notice is no longer on the square.
notices-bad-time = This date and time can’t be read: 2026-12-24 18:30.
notices-what-missing = Say at least what.
notices-too-long = That is too long: 500 characters for what, 120 for where.
notices-over = The end has to come after the beginning, and after now.
notices-too-far = Thirty days ahead at most.
notices-gone = This notice is no longer here.
notices-refused = The square itself refuses it: a word that the city’s file excludes stands in it. Ask the operator of the server.
notices-not-now = That can’t be done: it is published already, its time is over, or another person has to read it.
act-notice-written = Notice written
act-notice-published = Notice published
act-notice-refused = Notice refused by the square
act-notice-withdrawn = Notice taken back
act-notice-discarded = Notice thrown away
## What is unusual

desk-alerts = Alerts
alerts-title = Alerts
alerts-lead = The times at which far more people than usual spoke of the town, kept for ninety days. An alert counts people and names none; demonstrations give none.
alerts-none = No alert in ninety days. The town has been counted since { $since }.
alerts-begun = Began
alerts-ended = Ended
alerts-what = What
alerts-posts = Posts in an hour
alerts-usual = Usually
alerts-older = Older alerts
alerts-goes-on = goes on
alerts-told = Who is told
alerts-told-nobody = Nobody: the town’s file lists neither an address of mail nor a program. An alert is seen here alone.
alerts-told-mail = { $n ->
    [one] One address of mail.
   *[other] { $n } addresses of mail.
 }
alerts-told-webhook = A program, by signed requests.
alerts-told-duty = Nothing is sent outside the hours of duty. What still goes on when they begin again is sent then, once; what is over is told in one line of it.
alert-kind-unusual = Far more people than usual
alert-kind-any-post = A post, where there hardly ever is one
alert-since = Unusual since { $when }
alert-last = Still above the usual at { $time }.
alert-posts = { $n ->
    [0] No posts by people in an hour.
    [one] One post by people in an hour.
   *[other] { $n } posts by people in an hour.
 }
alert-usual = { $n ->
    [0] Usually, { $when }: none.
    [one] Usually, { $when }: one.
   *[other] Usually, { $when }: { $n }.
 }
alert-none = Nothing unusual. The town has been counted since { $since }.
alert-too-early = { $n ->
    [0] No alerts yet: it takes { $days } days of counts to know what is usual, and they have just begun.
    [one] No alerts yet: it takes { $days } days of counts to know what is usual, and the town has one.
   *[other] No alerts yet: it takes { $days } days of counts to know what is usual, and the town has { $n }.
 }
alert-past = Past alerts
alert-unsent-mail = The mail of the alert of { $when } was not sent. Tell the server’s administrator: its log says why.
alert-unsent-webhook = The town’s program was not told of the alert of { $when }. Tell the server’s administrator: its log says why.
alert-later-mail = The mail of the alert of { $when } is not sent yet; the next try is at { $time }.
alert-later-webhook = The town’s program is not told yet of the alert of { $when }; the next try is at { $time }.
alert-demo = { $n ->
    [one] Demonstration: an hour passes in one second here. What is usual comes from a past that was played with the same invented posts.
   *[other] Demonstration: an hour passes in { $n } seconds here. What is usual comes from a past that was played with the same invented posts.
 }
usual-when = on a { $day } around { $hour }:00
usual-day = { $n ->
    [0] Usually, on a whole { $day }: none.
    [one] Usually, on a whole { $day }: one post.
   *[other] Usually, on a whole { $day }: { $n } posts.
 }
desk-hour = { $n ->
    [0] No posts in the last hour.
    [one] One post in the last hour.
   *[other] { $n } posts in the last hour.
 }
desk-said = What is being said
desk-said-tags = Tags, { $period }
desk-said-zones = Districts, { $period }
desk-said-week = week of { $day }
desk-said-usual = usually { $usual }
desk-said-few = Of yesterday and of last week no subject has enough people to be told.
desk-said-more = All the numbers
desk-usual = Usually
desk-well = { $n ->
    [0] No source is read.
    [one] The feed’s source is read.
   *[other] The feed’s { $n } sources are read.
 }
letter-subject-unusual = { $city }: far more posts than usual
letter-subject-any-post = { $city }: a post, where there hardly ever is one
letter-subject-over = { $city }: an alert, over meanwhile
letter-earlier = { $n ->
    [one] One alert began and ended before it could be told.
   *[other] { $n } alerts began and ended before they could be told.
 }
letter-over = An alert began on { $from } and ended at { $until }, before it could be told.
letter-at = { $when }.
letter-square = What people see: { $url }
letter-desk = The desk: { $url }
letter-foot = This mail comes from Parvis. The addresses that receive it are in the town’s file.
## Files, and what follows time

files = As a file:
files-csv = CSV
files-json = JSON
register-file-roles = Roles:
register-file-searches = Searches:
register-file-looks = Looks:
inbox-file-note = The file says when, by which network and what became of it; neither the words nor who wrote them.
files-print = This page prints without its buttons.
chart-days = Posts by people, per day. { $period }. The line is the usual level of each day.
chart-days-alone = Posts by people, per day. { $period }. No usual level yet: 14 counted days are needed.
chart-hours = Posts by people, per hour, { $period }.
chart-watch-day = Posts per day, five weeks at most.
chart-watch-week = Posts per week, half a year at most.
chart-watch-month = Posts per month, a year at most.
numbers-day = Day by day
numbers-of-day = Day
numbers-of-usual = Usually
numbers-usual-few = few
numbers-usual-note = “Usually”: the middle of the eight same days before, once four are counted; “few”: too few people most of the time.
numbers-partial = Of a value, a week or a month tells this number at least: days of too few people may be missing, so what is usual is not told.
numbers-few-short = { $n ->
    [one] fewer than one
   *[other] fewer than { $n }
 }
numbers-usual = { $n ->
    [0] Usually on a { $day }: hardly a post.
    [one] Usually on a { $day }: one post.
   *[other] Usually on a { $day }: { $n } posts.
 }
numbers-usual-not-yet = { $n ->
    [0] No usual level yet: 14 counted days before this one are needed.
    [one] No usual level yet: one counted day before this one, of the 14 that are needed.
   *[other] No usual level yet: { $n } counted days before this one, of the 14 that are needed.
 }
numbers-watch = A value is followed over time only by a saved search, with its purpose, in the public register.
numbers-watch-more = The searches

## The town's answers, seen from the desk

desk-answers = Answers
answers-title = How the town answers
answers-lead = { $n ->
    [one] Over the last day.
   *[other] Over the last { $n } days.
 }
answers-asked = Posts that waited for an answer
answers-answered = Answered, in public or elsewhere
answers-delay = Usual delay, in office hours
answers-delay-unknown = too few public answers to tell
answers-note = These are the figures that everybody can read. A post that needs no answer does not count.

## The sources, seen from the desk

desk-sources-title = State of the sources
desk-sources-in-brief = { $n ->
    [0] All sources are read.
    [one] One source needs your attention.
   *[other] { $n } sources need your attention.
 }
desk-sources-public = What citizens read about the sources
todo = To do:
todo-live = nothing.
todo-connecting = nothing; connecting takes less than a minute. If it lasts, the network is probably down: its status page says so.
todo-catching-up = nothing; what is missing comes in order. Don’t conclude that the town is silent.
todo-waiting-for-profiles = nothing; posts wait until their network says what their authors allow, and appear then. If it lasts more than an hour, tell the server’s administrator.
todo-silent = see whether the network itself works. If it does and this lasts more than an hour, tell the server’s administrator.
todo-silent-list = see whether the site still publishes at this address; if not, correct it in the city’s file.
todo-down = nothing at first; the connection is tried again by itself. After an hour, tell the server’s administrator.
todo-down-list = see whether the site opens. It is asked again by itself; if its address has changed, correct it in the city’s file.
todo-too-often = nothing; the network asks to wait, and is waited for. If it happens every day, the server’s administrator can space the visits out.
todo-gone = the address no longer exists: look for the new one on the site and correct it in the city’s file.
todo-token = the access token is no longer accepted, or the server now asks for an account. Parvis’s administrator asks that of the server for another, with a written agreement.
todo-refused = the source does not want to be read, or no longer. Write to whoever runs it: it is theirs to decide. Without their agreement, take it out.
todo-stopped = tell the server’s administrator: this source does not start again by itself.
todo-gaps = Nothing to do: what could not be read then is asked for again where the network allows it. For those hours a low number says nothing.

## Saved searches

desk-watch = Searches
watch-title = Saved searches
watch-lead = One value followed over time, with a purpose and an end. Each is public once it is saved, and each look at it is counted there.
watch-register = The public register
watch-open = Open
watch-none = No search is open.
watch-over = Ended
watch-since = Since { $day }
watch-until = Until { $day }
watch-ended-on = ended on { $day }
watch-renew-days = For how many more days
watch-renew = Renew
watch-end = End it
watch-new = Save a search
watch-new-lead = One thing at a time, never a person, nor a demonstration. Citizens will read the purpose.
watch-dimension = What is followed
watch-value = Value
watch-value-help = A neighbourhood of the town, a tag, a language (fr), a network (bluesky) or the address of a page.
watch-purpose = Purpose
watch-purpose-help = From 10 to 200 characters. For example: to know whether the works on line 1 are a nuisance.
watch-days = Number of days, 90 at most
watch-save = Save and publish
watch-who-saves = A search is saved by an account with the role Publisher: whoever publishes for the town answers for its purpose.
watch-saved = The search is saved, and stands in the public register.
watch-renewed = The search is renewed.
watch-ended = The search has ended. It stays in the register for 400 days.
watch-gone = This search has ended already. Save another if its purpose lasts.
watch-too-many = { $n ->
    [one] One search is open, and there can’t be more. End it first.
   *[other] { $n } searches are open, and there can’t be more. End one of them first.
 }
watch-twice = This value is followed already, by search no. { $n }.
watch-no-dimension = Choose what is followed: a neighbourhood, a tag, a language, a network or a page. There is no search by author.
watch-no-value = No post of the town can have this value. A neighbourhood is written as in the list; nobody follows the page of a person.
watch-no-purpose = Say the purpose in { $least } to { $most } characters: citizens will read it.
watch-no-days = { $n ->
    [one] Choose one day.
   *[other] Choose from 1 to { $n } days; a search can be renewed.
 }
watch-assembly = This tag is that of a demonstration or a gathering. Nobody follows one over time: that would be watching those who go there.
watch-is-over = This search has ended: it shows nothing any more.
watch-purpose-is = Purpose:
watch-usual = { $n ->
    [one] Usually one post, the middle of these periods.
   *[other] Usually { $n } posts, the middle of these periods.
 }
watch-usual-few = Usually too few people for it to be told.
watch-usual-not-yet = No usual level yet: four counted periods are needed.
watch-empty = No period has been closed yet since the town is counted. A day is closed two minutes after midnight.
watch-period = Period
watch-not-told = not told: nobody, or too few people
watch-note = { $n ->
    [one] A number is told only if it is of one person at least.
   *[other] A number is told only if it is of { $n } people at least; otherwise it waits for the wider period.
 }
watch-run = This look is counted in the register, with your role and without your name.
watch-back = All searches
act-watch-saved = Search saved
act-watch-renewed = Search renewed
act-watch-ended = Search ended

## The public register

register-link = What the town hall follows here, why, and who may look
foot-register = Register of the desk
register-title = Register of the desk { $of-city }
register-lead = What the town hall follows on this square, why, and how often its desk is looked at. This page is the same for everybody.
register-sees = What the desk sees
register-sees-text = The desk sees the posts that you see, those that address the town’s accounts, and numbers: of posts by neighbourhood, tag, language, network or page, and of people, rounded down to five and never told of fewer than five.
register-sees-not = It does not see how much a person posts, nor two things crossed, nor a map of people, nor the numbers of a demonstration, and no setting allows it.
register-who = Who may look
register-nobody = Nobody has an account at this desk yet.
register-role = Role
register-may = What it allows
register-accounts = Accounts
register-watches = Saved searches
register-watches-text = Following a value over time is possible by one of these searches only. None is of a person.
register-no-watch = No search is open.
register-by = Saved with the role { $role }
register-runs-until = From { $since } to { $until }.
register-ran-until = From { $since } to { $until }, ended.
register-run = { $n ->
    [one] one look on { $day }
   *[other] { $n } looks on { $day }
 }
register-no-run = Never looked at.
register-ended = { $n ->
    [one] One ended search, kept for 400 days
   *[other] { $n } ended searches, each kept for 400 days
 }
register-looks = Looks at the desk
register-looks-text = How often each page was opened, by day and by role; who opened it is not kept. The numbers are written each minute and kept for 400 days.
register-days = From { $from } to { $until }
register-no-look = The desk was not opened on those days.
register-page = Page
register-times = Times
register-earlier = Earlier days
register-log = Log of acts
register-head = Last line: no. { $number }, code { $code }.
register-log-text = Each act of the desk is a line of a log. The code depends on every line before it: whoever notes the number and the code today can have it verified later that nothing was changed.
register-no-log = Nothing has been done at this desk yet.
look-now = Now
look-numbers = Numbers
look-numbers-csv = Numbers, CSV file
look-numbers-json = Numbers, JSON file
look-watch = Searches
look-watch-series = What a search shows
look-watch-series-csv = What a search shows, CSV file
look-watch-series-json = What a search shows, JSON file
look-days-csv = Last days, CSV file
look-days-json = Last days, JSON file
look-sources-csv = State of the sources, CSV file
look-sources-json = State of the sources, JSON file
look-inbox-csv = Addressed posts, CSV file
look-inbox-json = Addressed posts, JSON file
look-people-csv = Accounts, CSV file
look-people-json = Accounts, JSON file
look-answers = Answers
look-answers-csv = Answers, CSV file
look-answers-json = Answers, JSON file
look-sources = State of the sources
look-inbox = Addressed posts
look-people = Accounts
look-alerts = Alerts
look-alerts-csv = Alerts, CSV file
look-alerts-json = Alerts, JSON file
look-decisions-csv = Decisions, CSV file
look-decisions-json = Decisions, JSON file
look-moderation = Moderation
look-notices = Notices
look-log = Log
look-log-csv = Log, CSV file
look-log-json = Log, JSON file

## The month's report

report-month-title = What was said on the square { $of-city } in { $month }
report-lead = Report to the municipal council, from { $from } to { $until }. The month is made of whole weeks, those whose Thursday lies in it.
report-part = The city is counted since { $since } only: of this month only a part is.
report-made = Made by Parvis on { $when }.
report-said = Posts
report-usual = { $n ->
    [0] Usually hardly a post by people a week, by the weeks before this month.
    [one] Usually one post by people a week, by the weeks before this month.
   *[other] Usually { $n } posts by people a week, by the weeks before this month.
 }
report-usual-not-yet = No usual level yet: two counted weeks before this month are needed.
report-week-of = Week of
report-more = { $n ->
    [one] The first ten values; one more is on the desk’s page.
   *[other] The first ten values; { $n } more are on the desk’s page.
 }
report-answers = Posts addressed to the town in this month: { $asked }, of which { $answered } answered.
report-answers-since = Such posts are kept for 30 days: only those received since { $since } count here.
report-answers-gone = Posts addressed to the town are kept for 30 days: those of this month are kept no more. Make the report in the days after the month to have their numbers.
report-gaps = What was not read
report-no-gaps = No gap: every source was read all month.
report-gaps-text = In these hours a network could not be read, or only in part; a low number there says nothing.
report-from = From
report-until = Until
report-acts = Acts of the desk
report-no-acts = Nothing was done at the desk in this month.
report-acts-text = By the log of the desk, which can’t be changed.
report-how = How it is counted
