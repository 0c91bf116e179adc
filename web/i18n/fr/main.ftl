# Les mots de l'interface, en français. Chaque message a son pendant dans en/main.ftl ; un test le vérifie.
# Espaces insécables devant : ; ? ! et à l'intérieur des guillemets ; un test le vérifie aussi.

## Autour de chaque page

skip-main = Aller au contenu
skip-posts = Aller aux messages
nav-language = Langue de l’interface
nav-foot = À propos de cette place
nav-lanes = Rubriques
demo-word = Démonstration.
demo-note = Ces messages sont inventés ; personne ne les a publiés.
demo-note-fast = Ces messages sont inventés ; personne ne les a publiés. Le temps y passe { $n } fois plus vite.
foot-about = Charte de la place
foot-ask = Poser une question à la mairie
foot-people = Qui est listé ici
foot-recipe = Ce que la ville recherche
foot-sources = Ce que ce fil voit, et ne voit pas
foot-moderation = Journal de la modération
foot-leave = Retirer mes messages
foot-privacy = Données personnelles
foot-accessibility-full = Accessibilité : totalement conforme
foot-accessibility-partial = Accessibilité : partiellement conforme
foot-accessibility-none = Accessibilité : non conforme
foot-to-desk = Le bureau de la ville
foot-no-tracking = Ni compte, ni cookie, ni mesure d’audience, ni requête vers un tiers.
foot-outlines = Contours :
back-to-square = Revenir à la place
back-to-cities = Voir les villes
quoted = « { $text } »

## Réseaux, langues

network-bluesky = Bluesky
network-mastodon = Mastodon
network-nostr = Nostr
network-feed = Flux de sites
network-opendata = Données ouvertes
network-push = Envoi direct
network-x = X
language-fr = français
language-en = anglais
language-br = breton
language-es = espagnol
language-de = allemand
language-it = italien
language-pt = portugais
language-ar = arabe
language-tr = turc
language-uk = ukrainien
language-nl = néerlandais

## Temps

calendar-day-and-time = { $day } à { $time }

## La liste des villes

cities-title = Parvis, la place devant la mairie
cities-h1 = La place devant la mairie
cities-lead = Parvis réunit, ville par ville, les messages publics qui parlent d’elle sur les réseaux ouverts. On y lit ce qui se dit, sans compte et sans publicité.
cities-list = Villes
cities-none = Aucune ville n’est encore ouverte ici.
cities-what = Ce qu’on y trouve
cities-what-text = Les messages d’habitants, d’associations, de la presse locale et des services publics, dans l’ordre où ils arrivent. Aucun classement, aucune recommandation.
cities-consent = Ce qu’on demande aux auteurs
cities-consent-text = Rien n’est repris de qui ne veut pas l’être. Chaque message dit pourquoi il est là, mène à l’original et peut être retiré par son auteur.
cities-not = Ce que ce n’est pas
cities-not-text = Ni un réseau social, ni un outil de surveillance : personne n’y est suivi, noté ou classé, et la mairie n’y voit rien de plus que vous, sinon ce qui lui est adressé et ce que sa modération écarte.
glance-day = { $n ->
    [one] { $n } message en 24 heures
   *[other] { $n } messages en 24 heures
}
glance-week = { $n ->
    [one] { $n } message en 7 jours
   *[other] { $n } messages en 7 jours
}
glance-quiet = Calme depuis { $since }
glance-none = Calme ces quatre dernières semaines

## La place d'une ville

city-title = { $city }, en ce moment · Parvis
city-description = Les messages publics qui parlent { $of-city } sur les réseaux ouverts, dans l’ordre où ils arrivent.
state-as-of = État à { $time }
state-live = { $n ->
    [one] { $n } message en 24 heures
   *[other] { $n } messages en 24 heures
}
state-today = { $n ->
    [one] { $n } message aujourd’hui
   *[other] { $n } messages aujourd’hui
}
state-week = { $n ->
    [one] { $n } message en 7 jours
   *[other] { $n } messages en 7 jours
}
state-quiet = calme depuis { $since }
state-none = aucun message ces { $n } derniers jours
trouble-more = Ce que ce fil voit
pause = Mettre en pause
reload = Actualiser la page
lane-all = Tout
lane-people = Habitants
lane-info = Infos
lane-press = Presse
lane-agenda = Agenda
lane-around = Alentours
filters-title = Filtrer
filters-in-force = Filtré par
filters-clear = Tout montrer
filter-remove = (retirer)
filter-zones = Quartiers
filter-tags = Mots-clés
filter-networks = Réseaux
filter-languages = Langues
sheet-close = Fermer
section-today = Aujourd’hui
section-yesterday = Hier
thread-replies = { $n ->
    [one] { $n } réponse
   *[other] { $n } réponses
}
paging-older = Messages plus anciens
paging-newest = Revenir aux plus récents
paging-end = { $n ->
    [one] C’est tout : les messages sont gardés { $n } jour au plus.
   *[other] C’est tout : les messages sont gardés { $n } jours au plus.
}
empty-title = La place { $of-city } est calme
empty-no-source = Aucun réseau n’est lu en ce moment ; rien ne peut donc arriver.
empty-reading-since = { $network } est lu depuis { $since }, et rien n’y a encore répondu à ce que la ville recherche.
empty-last = Le dernier message date de { $since }.
empty-filtered = Aucun message ne répond à ce choix
empty-filtered-why = Rien de tel n’a été publié ces derniers jours ; la place a peut-être d’autres messages.
empty-older = Rien de plus ancien
empty-older-why = { $n ->
    [one] Les messages sont gardés { $n } jour au plus, puis effacés.
   *[other] Les messages sont gardés { $n } jours au plus, puis effacés.
}
empty-invite = Pour ouvrir la conversation, publiez avec #{ $tag } sur l’un des réseaux lus ici : c’est s’inviter sur la place.
quiet-lead = Place tranquille.
quiet-title = Pourquoi si peu de messages ?
quiet-why = { $reads } On y écrit encore peu au sujet { $of-city }, et rien n’est ajouté pour remplir la page.
quiet-around = À lire aussi, les alentours :
around-title = Repères
map-title = Plan
map-caption = { $n ->
    [0] Aucun des messages affichés n’est situé dans un quartier.
    [one] { $n } des messages affichés est situé dans un quartier.
   *[other] { $n } des messages affichés sont situés dans un quartier.
}
map-table = Le plan en tableau
map-table-caption = Messages affichés, par quartier
map-zone = Quartier
map-posts = Messages
speak-title = Prendre la parole
speak-invite = Sur les réseaux lus ici, un message public qui porte #{ $tag } s’invite sur la place. Il paraît dans la minute.
speak-participation = Participer aux consultations { $of-city }
sees-title = Ce que ce fil voit
sees-not = Il ne voit ni Facebook, ni Instagram, ni TikTok, ni X, ni rien de privé.
sees-more = Sources et lacunes
reads = Ce fil lit { $networks }.
reads-feeds = { $n ->
    [one] le flux d’un site
   *[other] les flux de { $n } sites
}
reads-senders = { $n ->
    [one] un service qui écrit de lui-même
   *[other] { $n } services qui écrivent d’eux-mêmes
}
feeds-visited = { $n ->
    [one] Un flux de site, visité régulièrement.
   *[other] { $n } flux de sites, visités régulièrement.
}
datasets-visited = { $n ->
    [one] Un jeu de données ouvertes, visité régulièrement.
   *[other] { $n } jeux de données ouvertes, visités régulièrement.
}
and = { $a } et { $b }
reads-nothing = Ce fil ne lit aucun réseau en ce moment.

## Un message

card-on-network = sur { $network }
card-from-feed = flux automatique de { $site }
card-pushed = envoi direct, signé
card-from-opendata = données ouvertes de { $site }
notices-title = En ce moment
notices-info = Infos pratiques
notices-agenda = Rendez-vous
notices-info-count = { $n ->
    [one] une info pratique
   *[other] { $n } infos pratiques
}
notices-agenda-count = { $n ->
    [one] un rendez-vous
   *[other] { $n } rendez-vous
}
notices-info-all = { $n ->
    [one] Voir l’info
   *[other] Voir les { $n } infos
}
notices-agenda-all = { $n ->
    [one] Voir le rendez-vous
   *[other] Voir les { $n } rendez-vous
}
notices-until = jusqu’au { $day }
folded-automatic = { $n ->
    [one] Une autre info automatique
   *[other] { $n } autres infos automatiques
}
card-until = Jusqu’au { $day }
card-starts = Le { $day }
card-days = Du { $first } au { $last }
card-times = de { $from } à { $to }
card-cancelled = Annulé
card-cancelled-when = Annulé. { $when }
card-listed = Compte listé
card-official = Compte listé : { $name }
card-automated = Compte automatique
card-reply = En réponse à un message de la place
card-sensitive = Contenu signalé sensible par son auteur. Afficher
card-zone-from-text = d’après le texte
card-edited = modifié
card-also-on = Aussi sur
card-why = Pourquoi ici ?
card-pinned = Épinglé par la mairie
card-covered = Replié par la modération : { $motive }.
card-covered-reports = Signalé par plusieurs personnes, en attente d’un modérateur.
card-show = Afficher
card-report = Signaler
pins-title = Épinglé par la mairie
card-original = Voir l’original
card-leave = Me retirer
kind-info = Information publique
kind-press = Presse
kind-agenda = Agenda
kind-around = Alentours
kind-around-of = Alentours · { $name }
kind-event = Événement · { $name }
media-image = Photo
media-video = Vidéo
media-link = Lien
media-line = { $what } :
media-image-undescribed = Image sans description
media-video-undescribed = Vidéo sans description
media-link-undescribed = Lien sans description

## Pourquoi ici ?

why-title = Pourquoi ce message est-il ici ?
why-post = Le message
why-reasons = Ce qui l’a fait venir
why-rule-invite = Il porte #{ $value }, le mot-clé d’invitation : son auteur a voulu qu’il soit sur la place { $of-city }.
why-rule-hashtag = Il porte le mot-clé #{ $value }, que { $city } recherche.
why-rule-word = Son texte contient « { $value } », que { $city } recherche.
why-rule-all_of = Il porte ensemble des mots-clés qui, réunis, désignent { $city } : { $value }.
why-rule-ambiguous = Il contient un terme ambigu à côté d’un terme d’ici : { $value }.
why-rule-geotag = Il est attaché à un lieu : { $value }.
why-rule-account = Son compte est listé par { $city } : { $value }.
why-rule-thread = Il répond à un message qui est déjà sur la place.
why-rule-around = Il parle des alentours { $of-city } : { $value }.
why-rule-moderator = Une personne de la modération a jugé qu’il concerne { $city }.
why-thread-link = Voir ce message
why-copies = Où il est aussi
why-copies-text = Ce qui est dit une fois n’est montré qu’une fois. La carte est celle du message d’origine, ou du premier arrivé.
why-copy-declared = { $network } : une copie qui déclare son origine et n’y ajoute rien.
why-copy-article = { $network } : le même article, à la même adresse et sous le même titre.
why-copy-words = { $network } : les mêmes mots, publiés par le même organisme listé à moins d’un jour d’écart.
why-copy-event = { $network } : le même rendez-vous, annoncé ailleurs pour la même heure, sous le même titre et au même lieu.
why-copy-link = Voir cette copie
why-facts = Ce que nous en savons
why-source = Réseau et adresse d’origine
why-created = Publié
why-date-corrected = Son auteur l’a daté d’un moment à venir : c’est l’heure où nous l’avons lu.
why-received = Arrivé ici
why-edited = Modifié
why-place = Lieu
why-place-text = { $zone }, d’après les mots du texte. Un texte ne donne jamais un point sur la carte.
why-place-point = { $zone }. Le point exact n’est pas gardé ; il est arrondi à un carré de { $n } mètres.
why-place-zone = { $zone }. Aucun point n’est gardé.
why-place-city = Dans les limites { $of-city }, sans plus de précision. Le point exact n’est pas gardé ; il est arrondi à un carré de { $n } mètres.
why-place-none = Aucun lieu n’est indiqué ni gardé.
why-tier = Accord de l’auteur
tier-invited = Invité : le compte est listé par la ville, ou le message porte le mot-clé d’invitation.
tier-public = Public : l’auteur l’a publié pour tous et n’a rien demandé d’autre.
tier-quiet = Discret : public, mais son auteur ne souhaite pas qu’on le retrouve par une recherche.
why-kept = Gardé jusqu’au
why-until = { $n ->
    [one] { $day }, soit { $n } jour après son arrivée ; puis effacé. Effacé aussitôt si son auteur le supprime.
   *[other] { $day }, soit { $n } jours après son arrivée ; puis effacé. Effacé aussitôt si son auteur le supprime.
}
why-recipe = Recette appliquée
why-recipe-of = Ce que { $city } recherche
why-recipe-changed = La recette a changé depuis ; ce message y répond toujours.
why-not-wanted = Vous ne vouliez pas être ici ?
why-not-wanted-text = Si ce message est le vôtre, vous pouvez le supprimer sur son réseau : il disparaît d’ici aussitôt. Vous pouvez aussi demander que rien de vous n’y soit repris.
why-leave = Retirer mes messages

## La recette

recipe-title = Ce que { $city } recherche
recipe-lead = Un message public vient sur la place { $of-city } si l’une de ces règles l’appelle et qu’aucune ne l’écarte. Rien d’autre ne décide : ni sa popularité, ni l’opinion qu’il exprime.
recipe-admits = Ce qui appelle un message
recipe-invite = Mot-clé d’invitation
recipe-invite-why = L’employer, c’est s’inviter sur la place : l’accord vaut pour ce message.
recipe-hashtags = Mots-clés
recipe-words = Mots du texte
recipe-words-why = Mots entiers, dans les messages qui ne sont pas des réponses, sur { $networks } et dans les langues de la ville.
recipe-together = Mots-clés réunis
recipe-geotag = Lieu
recipe-geotag-why = Le message est attaché à un lieu situé dans les limites { $of-city }.
recipe-accounts = Comptes
recipe-account = @{ $handle } sur { $network }
recipe-feeds = Flux de sites
recipe-feeds-why = Tout ce qu’ils publient est repris, sous leur nom ; de la presse, le titre et le lien.
recipe-senders = Envois directs
recipe-senders-why = Ce qu’ils envoient est signé : personne ne peut parler à leur place.
recipe-opendata-why = Ce qui est en cours ou à venir dans les quatre semaines est repris, avec son lieu et ses dates ; ce qui en est retiré disparaît ici aussi.
recipe-threads = Réponses
recipe-threads-why = Les réponses à un message de la place viennent avec lui, sous les mêmes conditions.
recipe-ambiguous = Termes ambigus
recipe-ambiguous-why = Ils désignent aussi autre chose. Seuls, ils ne suffisent pas : il faut à côté un terme d’ici, un quartier, un lieu ou un compte listé.
recipe-context = Termes d’ici qui lèvent le doute, avec les quartiers et leurs lieux :
recipe-exclude = Ce qui écarte un message
recipe-assembly = Mots-clés de rassemblement
recipe-assembly-why = Les messages qui les portent se lisent comme les autres, mais ne comptent dans aucune carte, aucune alerte et aucun décompte d’auteurs.
recipe-around = Les alentours
recipe-around-why = Les messages qui parlent { $of-city } ont leur propre rubrique et le disent.
recipe-zones = Quartiers
recipe-zones-why = Un texte qui nomme l’un de ces lieux est rangé dans son quartier, jamais placé en un point.
recipe-places = Lieux reconnus dans les textes
recipe-zone-no-outline = sans contour
recipe-zone-below-cell = trop petit pour y situer une personne
recipe-officials = Comptes listés
recipe-officials-why = Être listé n’est pas une approbation ; ne pas l’être n’est pas un blâme.
official-institution = institution
official-elected = élu ou élue
official-service = service public
official-press = presse
official-association = association
recipe-version = Version
recipe-version-why = L’empreinte de cette recette est imprimée avec chaque message qu’elle a fait venir :

## Les sources

sources-title = Ce que le fil { $of-city } voit, et ne voit pas
sources-lead = Un fil vide n’est pas toujours une ville calme. Cette page dit ce qui est lu, ce qui manque, et pourquoi.
sources-read = Ce qui est lu
sources-last-event = Dernier signe reçu : { $when }.
sources-last-post = Dernier message paru : { $when }.
sources-share = { $n ->
    [0] Ces quatre dernières semaines, presque rien de ce qui est paru ici n’en venait.
    [100] Ces quatre dernières semaines, tout ce qui est paru ici en venait.
   *[other] Ces quatre dernières semaines, { $n } % de ce qui est paru ici en venait.
}
sources-missing = { $n ->
    [one] D’après les quatre dernières semaines, il manque environ { $n } message.
   *[other] D’après les quatre dernières semaines, il manque environ { $n } messages.
}
sources-detail = En détail :
sources-gaps = Lacunes récentes
sources-gap = de { $from } à { $until }
sources-usual-day = { $n ->
    [one] D’ordinaire, environ { $n } message par jour.
   *[other] D’ordinaire, environ { $n } messages par jour.
}
sources-usual-week = { $n ->
    [0] D’ordinaire, moins d’un message par semaine.
    [one] D’ordinaire, environ { $n } message par semaine.
   *[other] D’ordinaire, environ { $n } messages par semaine.
}
source-connecting = { $network } : connexion en cours depuis { $since }.
source-live = { $network } : lu en direct depuis { $since }.
source-visited = { $network } : visité régulièrement depuis { $since }.
source-push = { $network } : prêt à recevoir depuis { $since }.
source-catching-up = { $network } : rattrape son retard depuis { $since }.
source-waiting-for-profiles = { $network } : en attente des profils d’auteurs depuis { $since } ; rien n’est montré sans leur accord.
source-silent = { $network } : connecté, mais muet depuis { $since }.
source-down = { $network } : coupé depuis { $since }, nouvel essai en cours.
source-refused = { $network } : refuse de répondre depuis { $since }.
source-stopped = { $network } : à l’arrêt depuis { $since }.
sources-unseen = Ce que ce fil ne verra pas
sources-unseen-lead = Ces réseaux ferment leurs messages publics à qui n’a pas de compte ou de contrat. Nous ne contournons pas leurs portes.
sources-meta = Lecture réservée à leurs comptes et à des accords commerciaux.
sources-x = Lecture publique fermée depuis 2023, accès payant.
sources-tiktok = Aucun accès public qui permette de suivre une ville.
sources-messengers = Ce sont des conversations privées ou de groupe ; elles n’ont rien à faire ici.
sources-not-yet = Pas encore lu ici
sources-mastodon = Aucun serveur n’est encore lu pour cette ville. Peut l’être celui qui montre ses fils au public, ou dont l’administration y consent.
sources-feeds-name = Sites, agendas, flux RSS
sources-feeds = Aucun n’est encore indiqué pour cette ville. La mairie, la presse et les associations publient souvent là d’abord.
sources-opendata = Aucun jeu de données n’est encore indiqué pour cette ville. Les agendas, travaux et fermetures y sont publiés avec leurs lieux et leurs dates.
sources-nostr = Aucun relais n’est indiqué sur ce serveur.
sources-push = Aucun service n’envoie encore lui-même ses informations à ce fil.
sources-nostr-places = Sur Nostr, un lieu est ce que l’auteur en écrit : il ne prouve pas qu’il y était. Sont lus les messages qui portent un mot-clé de la ville, dans ses graphies usuelles, ou une case géographique de cinq ou six lettres qui la touche.
sources-mentions = Qui mentionne un compte de la mairie, ou lui répond, est entendu de son bureau sans que la ville ait à le suivre. Sur Bluesky, tout message public qui le fait est lu ; sur Mastodon, seulement s’il porte un mot-clé de la ville, et la réponse de la mairie aussi ; sur Nostr, si les relais lus le portent.
sources-people = Qui ne sera jamais montré
sources-people-text = Les messages réservés à un cercle, ceux d’auteurs qui refusent d’être lus hors de leur réseau, indexés ou repris par un robot, et ceux qui sont signalés comme choquants. De ceux-là, rien n’est gardé qu’un nombre ; d’un message non répertorié, ou réservé aux lecteurs connectés, qui s’adresse à la mairie, elle garde l’adresse et aucun mot.

## Se retirer

leave-title = Retirer mes messages
leave-lead = Vous pouvez demander que plus rien de vous ne paraisse ici. Vous n’avez pas à dire pourquoi.
leave-here = Le demander ici
leave-network = Réseau
leave-handle = Nom de compte
leave-handle-help = Par exemple lea.bsky.social, avec ou sans @.
leave-post = Demande faite depuis le message { $post }.
leave-submit = Demander le retrait
leave-then = Ce qui se passe ensuite
leave-then-1 = La personne responsable de ce site reçoit votre demande et s’assure que le compte existe. Elle la traite dès que possible, au plus tard dans un délai d’un mois.
leave-then-2 = Tous les messages de ce compte sont alors effacés, dans toutes les villes, et disparaissent aussitôt des pages ouvertes.
leave-then-3 = Les suivants ne seront pas repris. Il ne reste qu’une empreinte du compte, illisible, qui sert à le reconnaître.
leave-contact = Une question, ou un doute sur le suivi de votre demande : { $contact }
leave-faster = Plus vite, sans nous
leave-faster-delete = Supprimez le message sur son réseau : il disparaît d’ici aussitôt.
leave-faster-setting = Sur Bluesky, demandez dans les réglages à n’être lu que par des personnes connectées : vos messages quittent la place.
leave-faster-bio = Ajoutez #nobot ou #NoParvis à votre présentation : même effet.
leave-problem-title = La demande n’a pas été envoyée
leave-problem-missing = Indiquez le nom du compte à retirer.
leave-problem-impossible = Ce nom de compte n’est pas possible : il ne contient ni espace, ni barre, ni chevron.
leave-problem-network = Choisissez un réseau dans la liste.
leave-problem-foreign = La demande venait d’un autre site. Envoyez-la depuis cette page.
leave-problem-later = La demande ne peut pas être gardée en ce moment. Réessayez dans quelques minutes.
leave-done-title = Votre demande est enregistrée
leave-done-lead = Elle concerne le compte @{ $handle } sur { $network }.

## Données personnelles

privacy-title = Données personnelles
privacy-lead = Un message public reste une donnée personnelle. Voici qui en répond ici, pourquoi, et pour combien de temps.
privacy-lead-nobody = Un message public reste une donnée personnelle. Voici ce qui en est gardé ici, et pour combien de temps.
privacy-controller = Responsable
privacy-controller-none = Aucun responsable n’est nommé : cette installation n’est pas ouverte au public.
controller-town = commune
controller-epci = intercommunalité
controller-association = association
controller-press = organe de presse
controller-individual = particulier
privacy-contact = Contact
privacy-purpose = But
privacy-basis = Base légale
purpose-local_information = L’information locale des habitants
purpose-public_dialogue = Le dialogue public entre la ville et ses habitants
purpose-press_review = La revue de presse locale
basis-public_interest = Mission d’intérêt public (RGPD, article 6.1.e)
basis-legitimate_interest = Intérêt légitime (RGPD, article 6.1.f)
privacy-data = Ce qui est gardé
privacy-data-text = Le texte public du message, le nom et l’identifiant public de son auteur, ses dates, ses mots-clés, les descriptions de ses images, et un lieu arrondi au kilomètre s’il en indique un. Ni image, ni biographie, ni abonnés, ni historique de lieux.
privacy-origin = D’où cela vient
privacy-origin-text = Des réseaux ouverts nommés à la page des sources, où l’auteur l’a publié pour tous.
privacy-kept = Combien de temps
privacy-kept-invited = { $n ->
    [one] comptes listés et messages invités : { $n } jour
   *[other] comptes listés et messages invités : { $n } jours
}
privacy-kept-public = { $n ->
    [one] autres messages publics : { $n } jour
   *[other] autres messages publics : { $n } jours
}
privacy-kept-quiet = { $n ->
    [one] messages discrets : { $n } jour
   *[other] messages discrets : { $n } jours
}
privacy-kept-desk = { $n ->
    [one] messages adressés à la mairie, pour son bureau : { $n } jour
   *[other] messages adressés à la mairie, pour son bureau : { $n } jours
}
privacy-readers = Qui les lit
privacy-readers-text = Vous, et tout le monde de la même façon. La mairie ne voit aucun message qu’un habitant ne peut pas lire ici, sinon ceux qui s’adressent à ses propres comptes et, pour sa modération, ceux qui attendent d’être admis ou qu’elle a retirés.
privacy-refused = Ce qui ne se fait pas ici
privacy-refused-text = Aucun profil, aucune note, aucune analyse d’opinion, de religion ou de santé ; aucune recherche par auteur ; aucune revente ; aucun usage de police, de fiscalité ou de recrutement.
privacy-rights = Vos droits
privacy-rights-text = Vous pouvez voir ce qui est gardé sur vous, le faire corriger, vous y opposer et le faire effacer.
privacy-complaint = Si la réponse ne vous convient pas, vous pouvez saisir la CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, ou l’autorité de votre pays.
privacy-complaints = Signalements
privacy-complaints-text = Qui signale un message ou conteste une décision laisse un motif, une explication et parfois une adresse électronique, lus de la seule modération et effacés 90 jours après la réponse. De l’adresse internet il ne reste qu’une empreinte, propre à ce message.
privacy-visit = Votre visite
privacy-visit-text = Ces pages n’emploient ni cookie ni mesure d’audience et ne demandent rien à un tiers. Votre navigateur retient seulement, chez vous, si vous avez mis le fil en pause. Les adresses sont tronquées dans les journaux du serveur et effacées après 7 jours.

## Accessibilité

accessibility-title = Accessibilité
accessibility-lead = Cette déclaration porte sur les pages publiques de la place { $of-city }.
accessibility-state = État de conformité
accessibility-state-full = Totalement conforme au référentiel général d’amélioration de l’accessibilité (RGAA) 4.1.2.
accessibility-state-partial = Partiellement conforme au référentiel général d’amélioration de l’accessibilité (RGAA) 4.1.2.
accessibility-state-none = Non conforme : aucun audit selon le référentiel général d’amélioration de l’accessibilité (RGAA) 4.1.2 n’a encore été fait sur cette installation. C’est la seule réponse que le droit permet sans audit ; elle ne dit pas que ces pages sont inutilisables.
accessibility-done = Ce qui est fait
accessibility-done-pause = Le fil peut être mis en pause et repris ; le bouton est le premier de la page, au clavier comme à la souris.
accessibility-done-still = Rien ne bouge pendant que vous lisez : les nouveaux messages attendent derrière un bouton.
accessibility-done-say = Un lecteur d’écran entend au plus une annonce toutes les 30 secondes, avec un nombre, jamais le texte des messages.
accessibility-done-scripts = Tout se lit sans JavaScript, page par page.
accessibility-done-images = La description des images est affichée ; son absence est dite. Chaque texte porte sa langue.
accessibility-done-map = Le plan a toujours son tableau. Aucune information ne tient à la seule couleur.
accessibility-done-contrast = Thème clair ou sombre, contrastes renforcés, couleurs imposées, agrandissement et réduction des animations suivent vos réglages.
accessibility-not = Contenus hors de notre portée
accessibility-not-text = Les textes et les descriptions d’images sont ceux de leurs auteurs. Les pages d’origine, sur leurs réseaux, ont leur propre déclaration.
accessibility-contact = Signaler un obstacle
accessibility-contact-text = Écrivez à { $contact } : une réponse vous est due sous une semaine, et le contenu vous sera donné sous une autre forme si besoin.
accessibility-contact-none = Aucune adresse n’est indiquée : cette installation n’est pas ouverte au public.
accessibility-defender = Voies de recours
accessibility-defender-text = Sans réponse satisfaisante, vous pouvez saisir le Défenseur des droits : defenseurdesdroits.fr, 09 69 39 00 00, ou Défenseur des droits, Libre réponse 71120, 75342 Paris Cedex 07.

## Qui est listé

listed-title = Qui est listé sur la place { $of-city }
listed-lead = Voici les comptes et les sites que le fichier de la ville désigne. Publier un message n’y fait entrer personne.
listed-approval = Être listé n’est pas une approbation. Ne pas l’être ne veut pas dire « bruit » : les messages de tous les autres viennent par leurs mots-clés et leurs lieux.
listed-by = La liste est tenue par { $who }, dans le fichier de la ville.
listed-by-nobody = La liste est tenue par qui administre ce serveur, dans le fichier de la ville.
listed-unchecked = Un compte « prouvé » porte un nom que seul peut donner qui tient le domaine du site de l’organisme ; chaque heure, on redemande au réseau de qui il est. De tout autre compte, dire ce qu’il est reste la parole de qui tient la liste. Qui est listé jusqu’à un jour ne l’est plus le lendemain.
listed-proven = prouvé par le domaine { $site }
listed-term = Du { $since } au { $until }.
listed-since = Depuis le { $since }.
listed-until = Jusqu’au { $until }.
listed-none = Le fichier de la ville ne liste aucun compte. La place vit des messages publics qui parlent d’elle.
listed-sends = envoi direct, signé ; rubrique { $lane }
listed-kind-institution = Institutions
listed-kind-service = Services publics
listed-kind-elected = Élues et élus
listed-kind-press = Presse
listed-kind-association = Associations
listed-kind-unknown = Nature inconnue
listed-means-institution = Leurs messages paraissent dans la rubrique Infos. Qui les mentionne en public s’adresse au bureau de la mairie.
listed-means-service = Leurs messages paraissent dans la rubrique Infos. Qui les mentionne en public s’adresse au bureau de la mairie.
listed-means-elected = Des personnes, qui parlent en leur nom parmi les habitants. Ce n’est pas la voix de la mairie, et son bureau ne reçoit pas ce qui leur est adressé.
listed-means-press = Ses messages ont leur rubrique, Presse.
listed-means-association = Elles parlent parmi les habitants.
listed-means-unknown = Le fichier donne ces comptes sans dire qui ils sont. Ils paraissent parmi les habitants.
listed-change = Être ajouté, ou retiré
listed-change-contact = Écrivez à { $contact } : donnez le compte, son réseau, et dites qui vous êtes.
listed-change-leave = Pour que plus rien d’un compte listé ne paraisse ici, le retrait se demande aussi en ligne :

## Demander à la mairie

ask-title = Poser une question à la mairie
ask-lead = Mentionnez l’un de ces comptes dans un message public. Il arrive au bureau de la mairie, que la ville vous suive ou non.
ask-none = Le fichier de la ville ne donne aucun compte de la mairie : ce qui lui est adressé sur les réseaux n’arrive à aucun bureau ici.
ask-emergency = Rien d’urgent ici. En cas de danger, appelez les secours.
ask-emergency-fr = Rien d’urgent ici. En cas de danger, appelez le 112, ou le 15 (Samu), le 17 (police), le 18 (pompiers) ; par SMS, le 114.
ask-emergency-ch = Rien d’urgent ici. En cas de danger, appelez le 112, ou le 117 (police), le 118 (pompiers), le 144 (ambulance).
ask-emergency-ca = Rien d’urgent ici. En cas de danger, appelez le 911.
ask-who = À qui écrire
ask-compose = Écrire à @{ $handle }
ask-how = Sur { $network }, tout message public qui mentionne le compte, ou lui répond, est lu.
ask-how-mastodon = Sur Mastodon, mentionnez le compte en entier depuis votre propre serveur et ajoutez #{ $tag } : sans mot-clé de la ville, le bureau ne voit pas le message. Seuls sont vus les serveurs lus ici.
ask-how-mastodon-untagged = Sur Mastodon, mentionnez le compte en entier depuis votre propre serveur et ajoutez un mot-clé de la ville : sans lui, le bureau ne voit pas le message. Seuls sont vus les serveurs lus ici.
ask-how-nostr = Sur Nostr, nommez la clé du compte. Le message est lu si l’un des relais lus ici le porte.
ask-unread = { $network } n’est pas lu ici : ce qui y est écrit n’arrive pas au bureau.
ask-public = Pour que tous le lisent ici
ask-then = Ce que devient votre message
ask-nobody = Personne n’a encore de compte pour lire ces messages au bureau : n’attendez pas de réponse par ce chemin.
ask-then-desk = { $n ->
    [one] Le bureau le garde { $n } jour au plus. Si vous le supprimez, il disparaît d’ici aussi.
   *[other] Le bureau le garde { $n } jours au plus. Si vous le supprimez, il disparaît d’ici aussi.
}
ask-then-public = Question et réponse sont publiques, sur leur réseau : n’y mettez rien de personnel, ni adresse, ni santé, ni dossier.
ask-then-pointer = D’un message non répertorié, ou réservé aux personnes connectées, le bureau n’a que l’adresse et aucun mot. Un message privé n’est jamais lu.
ask-when = Quand le bureau est ouvert
ask-answers-none = { $n ->
    [one] Sur le dernier jour, aucun message n’attendait de réponse.
   *[other] Sur les { $n } derniers jours, aucun message n’attendait de réponse.
}
ask-answers-computed = Ces chiffres sont calculés, pas saisis.
ask-answers-data = Les mêmes chiffres, pour un programme
ask-share = { $count }, soit { $percent } %
ask-else = Autrement
ask-else-text = Il n’y a pas de formulaire ici. Sans compte sur ces réseaux, ou pour une affaire personnelle, adressez-vous à la mairie par ses voies habituelles.
ask-else-sites = Elle publie aussi sur :
hours-days = Du { $first } au { $last }
hours-span = de { $from } à { $to }
hours-line = { $days } : { $times }.
hours-closed = fermé
hours-closed-on = Fermé aussi
hours-assumed = La ville n’a pas donné d’horaires ; ceux-ci valent en attendant.

## La charte

about-title = La place { $of-city }
about-lead = Une place publique : on y passe, on y écoute, on y parle si l’on veut. Elle réunit ce qui se dit { $of-city } sur les réseaux ouverts.
about-speak = Qui parle
about-speak-text = Des personnes, des associations, la presse et des services publics, chacun depuis son propre compte. Les comptes listés par la ville sont marqués en toutes lettres ; les autres parlent en leur nom.
about-order = Dans quel ordre
about-order-text = Celui de l’arrivée. Ce que la mairie épingle est nommé en haut de la page et marqué ; aucun autre message n’est mis en avant, pas même les siens.
about-public = À quelles conditions
about-public-text = Seulement des messages publiés pour tous, d’auteurs qui n’ont pas demandé à en être tenus à l’écart. Le texte n’est jamais modifié ; il est signé, daté et mène à l’original.
about-moderation = Comment elle est modérée
about-moderation-text = Par des personnes de la ville, pour des motifs fixés d’avance. Chaque décision est au journal public, sans texte ni nom, et se conteste devant une autre personne.
about-in-force = { $n ->
    [0] Aucune décision n’est en vigueur.
    [one] Une décision est en vigueur.
   *[other] { $n } décisions sont en vigueur.
}
about-blocked = { $n ->
    [one] Un compte est bloqué.
   *[other] { $n } comptes sont bloqués.
}
about-desk = Qui tient le bureau, et quand
about-desk-text = Des personnes de la ville, par rôle :
about-role = { $n ->
    [one] { $role } : un compte
   *[other] { $role } : { $n } comptes
}
about-leave = Comment en sortir
about-leave-text = En supprimant le message, en le disant dans sa présentation, ou en le demandant ici. Ce qui est supprimé à l’origine l’est ici.
about-never = À quoi cela ne servira pas
about-never-text = À surveiller des personnes ou des rassemblements, à noter des opinions, à recruter, à contrôler. La recherche par auteur n’existe pas.
about-who = Qui en répond
about-code = Le logiciel
about-code-text = Parvis est un logiciel libre, sous licence AGPL-3.0. Son code peut être lu, vérifié et repris.

## La modération

measure-hide = Retrait
measure-fold = Repli
measure-pin = Épinglage
measure-admit = Admission
measure-block-author = Blocage d’un compte
measure-block-word = Blocage d’un mot
motive-unrelated = sans rapport avec la ville
motive-advertising = publicité
motive-abuse = injure, haine ou harcèlement
motive-private-life = vie privée ou données personnelles
motive-misleading = information trompeuse sur la sécurité ou un service public
motive-illegal = contenu manifestement illégal
motive-reports = signalé par plusieurs personnes
motive-useful = utile à qui lit la place en ce moment
motive-about-the-city = concerne la ville
ending-expired = arrivé à son terme
ending-lifted = levé par la modération
ending-appeal = levé après un recours
ending-replaced = remplacé par une autre mesure
withheld-title = Ce message n’est pas montré ici
withheld-lead = La modération de la place en a décidé ainsi. Rien de ce qu’il dit n’est sur cette page ; il reste sur son réseau.
withheld-appeal = Si ce message est le vôtre
withheld-appeal-text = Vous pouvez contester la décision, sans compte. Une autre personne que celle qui l’a prise la relira, et sa réponse vous sera donnée avec ses raisons.
why-folded = Pourquoi il est replié
statement-measure = Mesure
statement-does-hide = Ce message n’est sur aucune page de cette place.
statement-does-fold = Ce message se lit en ouvrant la ligne derrière laquelle il est replié.
statement-does-block-author = Les messages de ce compte ne sont pas montrés sur cette place.
statement-does-block-word = Les messages où ce mot figure ne sont pas montrés sur cette place.
statement-motive = Motif
statement-decided = Décidé
statement-by-moderator = par une personne de la modération
statement-by-itself = automatiquement, après plusieurs signalements
statement-end = Fin
statement-no-end = Sans terme fixé
statement-until = Le { $day }
statement-ended = { $how }, le { $when }
statement-log = Journal
statement-number = Décision n° { $number }
statement-appeal = Contester cette décision
report-post-title = Signaler un message
report-post = Message
report-address = Son adresse
report-here = À la modération de la place
report-here-text = Une personne le lira et décidera. Il ne faut ni compte ni nom, et votre signalement n’est vu que de la modération.
report-words = Précisions (facultatif)
report-submit = Signaler
notice-title = Notifier un contenu illégal
notice-text = C’est la démarche prévue par la loi. Elle demande un motif, une explication, une adresse électronique et votre bonne foi.
notice-words = Ce qui est illégal, et pourquoi
notice-faith = Je déclare de bonne foi que ces indications sont exactes et complètes.
notice-submit = Notifier
report-other = Autre chose ?
report-own = Si ce message est le vôtre, vous pouvez le retirer vous-même.
report-danger = Si quelqu’un est en danger, appelez le 17 ou le 112.
complaint-motive = Motif
complaint-contact = Adresse électronique
complaint-contact-help = Elle ne sert qu’à vous joindre à ce sujet, et n’est vue que de la modération.
complaint-problem-title = Rien n’a été envoyé
complaint-problem-motive = Choisissez un motif.
complaint-problem-words = Écrivez une explication : sans elle, personne ne peut juger.
complaint-problem-long = { $n ->
    [one] L’explication dépasse un caractère ; raccourcissez-la.
   *[other] L’explication dépasse { $n } caractères ; raccourcissez-la.
}
complaint-problem-contact = Donnez une adresse électronique complète, comme nom@exemple.fr.
complaint-problem-faith = Cochez la déclaration de bonne foi : la loi la demande.
complaint-problem-foreign = Le formulaire venait d’une autre page. Envoyez-le depuis celle-ci.
complaint-problem-again = La même demande est déjà venue d’ici et attend sa réponse. Suivez-la à l’adresse que vous avez reçue ; si elle est perdue, écrivez à { $contact }.
complaint-problem-again-nobody = La même demande est déjà venue d’ici et attend sa réponse. Suivez-la à l’adresse que vous avez reçue.
complaint-problem-many = Trop de demandes attendent déjà. Écrivez à { $contact }.
complaint-problem-many-nobody = Trop de demandes attendent déjà. Revenez demain.
complaint-problem-later = La demande ne peut pas être gardée en ce moment. Réessayez dans une minute.
appeal-title = Contester une décision
appeal-lead = Une autre personne que celle qui a pris cette décision la relira avec ce que vous en dites.
appeal-over = Cette décision n’est plus en vigueur ; il n’y a plus rien à contester.
appeal-yours = Votre demande
appeal-words = Pourquoi cette décision devrait être levée
appeal-contact = Adresse électronique (facultatif)
appeal-submit = Contester
followed-report-open = Votre signalement est reçu
followed-report-closed = Votre signalement a sa réponse
followed-notice-open = Votre notification est reçue
followed-notice-closed = Votre notification a sa réponse
followed-appeal-open = Votre recours est reçu
followed-appeal-closed = Votre recours a sa réponse
followed-next = Une personne de la modération le lira et décidera. Sa réponse, avec ses raisons, se lira à cette adresse.
followed-next-appeal = Ce ne sera pas celle qui a pris la décision.
followed-next-contact = Aucun courriel n’est envoyé d’office : votre adresse ne sert que si une précision manque.
followed-keep = Gardez cette adresse : elle seule mène ici.
followed-received = Reçu
followed-closed = Répondu
followed-upheld = La modération vous a suivi et a pris une mesure.
followed-rejected = La modération a lu le message et n’a pris aucune mesure contre lui.
followed-appeal-upheld = La décision que vous contestiez est levée.
followed-appeal-rejected = Après une seconde lecture, la décision est maintenue.
followed-answer = Sa réponse :
followed-decision = La décision
followed-contested = La décision contestée
followed-remedies = Si la réponse ne vous convient pas
followed-remedies-text = Écrivez à { $contact }.
followed-remedies-law = Vous pouvez aussi saisir le juge. Un contenu manifestement illégal se signale à la police et à la gendarmerie : internet-signalement.gouv.fr.
public-log-title = Modération
public-log-lead = Tout ce que la modération décide sur cette place, avec son motif et sa fin. Les textes, les mots et les personnes n’y figurent jamais.
public-log-now = En vigueur
public-log-now-none = Aucune décision n’est en vigueur.
public-log-count = Décisions
public-log-missing = Votre message n’apparaît pas ?
public-log-url = Adresse du message sur son réseau
public-log-url-help = Comme https://bsky.app/profile/…/post/… ; copiez-la depuis le réseau où il est publié.
public-log-look = Chercher
public-log-unknown = Aucune décision n’est connue de ce message. Il n’a peut-être jamais répondu à ce que la ville recherche, ou n’est pas publié pour tous.
public-log-decisions = Les décisions
public-log-what = Décision
public-log-state = État
public-log-in-force = En vigueur
public-log-until = En vigueur jusqu’au { $day }
public-log-empty = La modération n’a encore rien décidé sur cette place.
public-log-end = Il n’y a pas de décision plus ancienne.
public-log-older = Décisions plus anciennes
public-log-newest = Revenir aux plus récentes
public-log-note = Une décision qui a pris fin reste au journal treize mois. Qui s’estime lésé conteste depuis la page de son message, et une autre personne décide.

## Quand quelque chose manque

trouble-no-city = Cette ville n’est pas ici
trouble-no-city-lead = Aucune place ne porte le nom « { $asked } ».
trouble-no-page = Cette page n’existe pas
trouble-no-page-lead = L’adresse est peut-être incomplète.
trouble-no-post = Ce message n’est pas ici
trouble-no-post-lead = Il a pu être supprimé par son auteur, effacé à la fin de son délai, ou n’avoir jamais été sur cette place.
trouble-no-decision = Cette décision n’est pas ici
trouble-no-decision-lead = Son numéro est incomplet, ou elle n’est pas de celles que l’on conteste. On conteste depuis la page du message, par « Pourquoi ici ? ».
trouble-no-complaint = Rien n’est suivi à cette adresse
trouble-no-complaint-lead = Elle est peut-être incomplète. Une demande est gardée 90 jours après sa réponse, puis effacée.
trouble-unavailable = La place est fermée un instant
trouble-unavailable-lead = Les messages ne peuvent pas être lus en ce moment. Rien n’est perdu : revenez dans une minute.
trouble-near = Cherchiez-vous :

## Le bureau

foot-desk = Un seul cookie, le temps de la session du bureau ; aucune requête vers un tiers.
desk-nav = Pages du bureau
desk-now = Maintenant
desk-log = Journal
desk-people = Comptes
people-title = Comptes du bureau
people-lead = Qui travaille ici, et avec quel rôle. Qui gagne ou perd un rôle se connecte de nouveau.
people-name = Compte
people-roles = Rôles
people-state = Accès
people-closed = fermé
people-second = mot de passe et second facteur
people-second-missing = second facteur à régler à la prochaine connexion
people-password = mot de passe
people-take = Retirer
people-take-what = Retirer { $role } à { $name }
people-give-title = Donner un rôle
people-give-lead = Un nom qui n’existe pas encore devient un compte, avec un mot de passe montré une seule fois.
people-role = Rôle
people-give = Donner
people-made = Le compte { $name } est fait. Son mot de passe, montré une seule fois :
people-given = Le rôle est donné.
people-taken = Le rôle est retiré.
people-bad-name = Un nom de compte se fait de 2 à 64 petites lettres sans accent, chiffres, points, tirets et arobases.
people-bad-role = Choisissez un rôle.
people-elsewhere = Ce nom est celui d’un compte d’un autre bureau. L’administrateur du serveur peut lui donner un rôle ici.
people-own = Vous ne pouvez pas vous retirer l’administration vous-même.
desk-others = Autres bureaux
desk-sign-out = Se déconnecter
desk-back = Revenir au bureau
desk-sign-in-title = Le bureau
desk-sign-in-lead = Pour les agents de la ville. La place, elle, se lit sans compte.
desk-name = Nom du compte
desk-password = Mot de passe
desk-session-over = Votre session s’est fermée. Entrez à nouveau : vous reviendrez où vous étiez.
desk-sign-in = Entrer
desk-no-account = Pas de compte, ou mot de passe perdu ? L’administrateur du bureau, ou celui du serveur, en donne un.
desk-wrong = Ce nom et ce mot de passe ne vont pas ensemble.
desk-wrong-code = Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant.
desk-wait = { $n ->
    [one] Trop d’essais : réessayez dans une seconde.
   *[other] Trop d’essais : réessayez dans { $n } secondes.
 }
desk-busy = Le serveur ne peut pas le faire en ce moment. Réessayez dans une minute.
desk-code-title = Second facteur
desk-code-lead = Votre mot de passe est bon. Donnez le code que montre votre application.
desk-code = { $n ->
    [one] Code d’un chiffre
   *[other] Code à { $n } chiffres
 }
desk-code-send = Continuer
desk-code-lost = Téléphone perdu ? L’administrateur du serveur efface le second facteur, et vous en réglez un autre.
desk-set-up-title = Régler un second facteur
desk-set-up-lead = Votre rôle demande plus qu’un mot de passe : un code que votre téléphone calcule.
desk-set-up-1 = Ouvrez une application qui calcule des codes (Aegis, FreeOTP, ou celle de votre collectivité) et montrez-lui ce dessin.
desk-set-up-2 = Recopiez ci-dessous le code qu’elle montre.
desk-set-up-picture = Le dessin à montrer à l’application
desk-set-up-here = L’application est sur cet appareil
desk-set-up-typed = Ou tapez-y ce secret :
desk-cities-title = Vos bureaux
desk-cities-none = Votre compte n’a encore de rôle dans aucune ville. L’administrateur du bureau en donne.
desk-account-title = Votre compte
desk-roles = Vos rôles
desk-second-on = Un second facteur protège ce compte.
desk-second-off = Un mot de passe seul protège ce compte : votre rôle n’en demande pas plus.
desk-password-title = Changer de mot de passe
desk-password-old = Mot de passe actuel
desk-password-new = Nouveau mot de passe
desk-password-help = { $n ->
    [one] Un caractère au moins.
   *[other] { $n } caractères au moins ; une phrase convient.
 }
desk-password-send = Changer
desk-password-changed = Le mot de passe est changé, et vos autres sessions sont fermées.
desk-password-wrong-old = Le mot de passe actuel n’est pas celui-là.
desk-password-short = { $n ->
    [one] Il faut un caractère au moins.
   *[other] Il faut { $n } caractères au moins.
 }
desk-password-long = C’est trop long.
desk-password-plain = Trop facile à deviner : n’y mettez pas le nom du compte, ni un seul caractère répété.
desk-sessions-title = Vos sessions
desk-sessions-text = Une session se ferme après une demi-heure sans rien faire, et après douze heures en tout.
desk-sessions-send = Fermer mes autres sessions
desk-sessions-ended = Vos autres sessions sont fermées.
desk-session = Ouverte { $opened }, utilisée { $seen }
desk-session-this = c’est celle-ci
desk-session-half = sans le second facteur
desk-session-end = Fermer
desk-session-end-this = Fermer la session ouverte { $opened }
desk-session-ended = La session est fermée.
desk-foreign-title = Formulaire refusé
desk-foreign = Il venait d’une autre page, ou d’une session qui s’est fermée. Revenez au bureau et recommencez.
desk-no-right-title = Pas pour ce compte
desk-no-right = Votre rôle ne donne pas cette page dans cette ville.
desk-not-found-title = Rien à cette adresse
desk-not-found = Le bureau n’a pas de page ici.
desk-later-title = Réessayez
desk-log-title = Journal du bureau
desk-log-lead = Ce qui a été fait ici, par qui et pourquoi. Une ligne ne se change ni ne s’efface sans que cela se voie.
desk-log-empty = Rien n’a encore été fait à ce bureau.
desk-log-older = Lignes plus anciennes
log-number = N°
log-when = Quand
log-who = Qui
log-what = Quoi
log-on = Sur
log-why = Motif ou rôle
desk-now-title = Le bureau { $of-city }
desk-today = { $n ->
    [0] Personne n’a rien publié aujourd’hui ; il est { $time }.
    [one] Un message aujourd’hui, à { $time }.
   *[other] { $n } messages aujourd’hui, à { $time }.
 }
desk-trouble = Ce fil ne voit pas tout
desk-trouble-more = Ce qui manque, et depuis quand
desk-days = Messages par jour
desk-day = Jour
desk-posts = Messages
desk-days-says = Messages d’habitants par jour ; celui d’aujourd’hui n’est pas fini. Le trait est le niveau habituel du jour de la semaine, quand il est connu.
desk-days-note = Ceux des habitants, sans les envois automatiques : ce que chacun peut compter sur la place.
desk-announced = Annonces
desk-in-force = { $n ->
    [0] Aucune information n’est en vigueur.
    [one] Une information est en vigueur.
   *[other] { $n } informations sont en vigueur.
 }
desk-to-come = { $n ->
    [0] L’agenda est vide.
    [one] Un rendez-vous est à l’agenda.
   *[other] { $n } rendez-vous sont à l’agenda.
 }
desk-square = Voir la place
desk-sources = Sources
desk-sources-more = Ce que ce fil voit, et ne voit pas
desk-try = Essayer le bureau
desk-try-lead = C’est une démonstration : entrez d’un clic, avec le rôle de votre choix.
role-does-reader = lit les chiffres
role-does-contributor = répond aux habitants et prépare des annonces
role-does-moderator = masque, replie et épingle ; ne voit pas ce qui est adressé à la ville
role-does-publisher = répond et publie les annonces
role-does-dpo = lit le journal de ce qui est fait ici
role-does-administrator = donne et retire les rôles
role-reader = Lecture
role-contributor = Contribution
role-moderator = Modération
role-publisher = Publication
role-dpo = Protection des données
role-administrator = Administration
actor-operator = administrateur du serveur
act-role-given = Rôle donné
act-role-taken = Rôle retiré
act-account-disabled = Compte fermé
act-account-enabled = Compte rouvert
act-password-changed = Mot de passe changé
act-password-and-second-factor-reset = Mot de passe et second facteur refaits
act-second-factor-set-up = Second facteur réglé
act-signed-in = Session ouverte
act-sessions-ended = Sessions fermées par leur titulaire
act-rewound = Lignes perdues : un état antérieur de la base a été remis

## La boîte de réception du bureau

desk-inbox = Messages adressés
inbox-title = Adressés à la ville
inbox-lead = Les messages publics qui mentionnent un compte de la ville ou lui répondent. On y répond sur leur réseau, avec le compte de la ville ; la réponse se voit ici d’elle-même.
inbox-states = États
inbox-new = Nouveaux
inbox-assigned = En cours
inbox-answered = Répondus
inbox-answered-elsewhere = Répondus ailleurs
inbox-no-answer-needed = Sans réponse à donner
inbox-empty = Il n’y en a aucun dans cet état.
inbox-share = Répondus sur 30 jours : { $answered } sur { $asked }.
inbox-delay = Délai habituel, en heures de bureau : { $delay }.
inbox-delay-unknown = Trop peu de réponses publiques pour dire un délai.
duration-minutes = { $n ->
    [0] moins d’une minute
    [one] une minute
   *[other] { $n } minutes
 }
duration-hours = { $n ->
    [one] une heure
   *[other] { $n } heures
 }
inbox-on = sur { $network }
inbox-waits = attend depuis { $delay } de bureau
inbox-pointer-who = Quelqu’un
inbox-pointer = Son auteur ne montre pas ce message à tout le monde. Il n’est pas gardé ici : il se lit sur son réseau.
inbox-hidden = L’exploitant du serveur a masqué ce message partout. Il se lit sur son réseau.
inbox-reply = Lire et répondre sur { $network }
inbox-is-assigned = Pris par { $name }, { $when }
inbox-is-answered = Répondu en public, { $when }
inbox-is-answered-elsewhere = Répondu ailleurs, { $when }
inbox-is-no-answer-needed = Sans réponse à donner, { $when }
inbox-see-answer = Voir la réponse
inbox-earlier = { $n ->
    [one] Un échange antérieur avec la ville
   *[other] { $n } échanges antérieurs avec la ville
 }
inbox-on-page = Aussi sur la place
inbox-act-assign = Je m’en occupe
inbox-act-assign-to = Confier
inbox-assign-to = Confier à quelqu’un d’autre
inbox-colleague = À qui
inbox-no-colleague = Ce compte ne peut pas répondre ici : choisissez quelqu’un d’autre.
inbox-unheard = Sur Mastodon, une mention qui ne porte aucun mot-dièse de la ville n’arrive pas jusqu’ici : regardez aussi les notifications de votre compte.
inbox-act-no-answer-needed = Pas de réponse à donner
inbox-act-answered-elsewhere = Répondu ailleurs
inbox-act-reopen = Remettre aux nouveaux
inbox-not-allowed = Quelqu’un l’a déjà traité. Regardez où il en est avant de le reprendre.
inbox-gone = Ce message n’est plus là : son auteur l’a retiré, ou son temps est passé.
inbox-older = Plus anciens
inbox-waiting = { $n ->
    [0] Personne n’attend de réponse de la ville.
    [one] Un message attend une réponse de la ville.
   *[other] { $n } messages attendent une réponse de la ville.
 }
inbox-open = Ouvrir
act-assign = Message pris
act-no-answer-needed = Message classé sans réponse
act-answered-elsewhere = Message répondu ailleurs
act-reopen = Message remis aux nouveaux

## Les chiffres du bureau

desk-numbers = Chiffres
numbers-title = Chiffres
numbers-widths = Périodes
numbers-by-day = Par jour
numbers-by-week = Par semaine
numbers-by-month = Par mois
numbers-before = Période précédente
numbers-after = Période suivante
numbers-period = Du { $from } au { $until }
numbers-posts = { $n ->
    [0] Aucun message d’habitants.
    [one] Un message d’habitants.
   *[other] { $n } messages d’habitants.
 }
numbers-people = { $n ->
    [one] Une personne au moins.
   *[other] { $n } personnes au moins.
 }
numbers-few = { $n ->
    [one] Moins d’une personne.
   *[other] Moins de { $n } personnes.
 }
numbers-bodies = { $n ->
    [one] Un message d’organismes listés.
   *[other] { $n } messages d’organismes listés.
 }
numbers-automatic = { $n ->
    [one] Un envoi automatique.
   *[other] { $n } envois automatiques.
 }
numbers-around = { $n ->
    [one] Un message des environs.
   *[other] { $n } messages des environs.
 }
numbers-absent = Cette période n’est pas close, ou elle n’a pas été comptée : la ville l’est depuis { $since }. Un jour se clôt deux minutes après minuit.
numbers-not-yet = La ville n’est pas encore comptée. Elle le sera à la fin de la journée.
numbers-hour = Par heure
numbers-zone = Par quartier
numbers-tag = Par mot-clé
numbers-network = Par réseau
numbers-language = Par langue
numbers-link = Par page citée
numbers-of-hour = Heure
numbers-of-zone = Quartier
numbers-of-tag = Mot-clé
numbers-of-network = Réseau
numbers-of-language = Langue
numbers-of-link = Page
numbers-authors = Personnes, au moins
numbers-none = Rien que l’on puisse dire sans parler de trop peu de personnes.
numbers-more = { $n ->
    [one] Une autre valeur
   *[other] { $n } autres valeurs
 }
numbers-note = { $n ->
    [one] Un nombre n’est dit que s’il parle d’une personne au moins.
   *[other] Un nombre n’est dit que s’il parle de { $n } personnes au moins, lui et ce qu’il laisse ; sinon il attend la semaine, puis le mois. Les mois sont faits de semaines entières. Les manifestations ne sont comptées par personne.
 }

desk-moderation = Modération
moderation-title = Modération
moderation-post-title = Modérer un message
moderation-lists = Listes
moderation-complaints = Signalements et recours
moderation-queue = À vérifier
moderation-latest = Derniers messages
moderation-decisions = Décisions
moderation-lead-complaints = Ce que des lecteurs ou des auteurs demandent. Chacun lit ensuite ce qui a été décidé, et pourquoi.
moderation-lead-queue = Des messages où seul un mot ambigu fait penser à la ville. Personne ne les voit ; sans réponse, ils s’effacent après trois jours.
moderation-lead-latest = Ceux que chacun voit sur la place, ni plus ni moins.
moderation-lead-decisions = Chacune est aussi dans le journal public, sans le texte ni le nom.
moderation-empty-complaints = Personne ne demande rien.
moderation-empty-queue = Aucun message n’attend.
moderation-empty-latest = La place est vide en ce moment.
moderation-empty-decisions = Rien n’a encore été décidé ici.
moderation-origin = { $network }, { $when }
moderation-for = { "" } : { $motive }
moderation-is-hidden = N’est plus montré
moderation-is-queued = Pas encore montré
moderation-ambiguous = Terme ambigu : { $value }
moderation-automatic = automatique
moderation-until = jusqu’au { $when }
moderation-number = Décision n° { $number }
moderation-against = Contre la
moderation-post-gone = Le message n’est plus là : son auteur l’a retiré, ou son temps est passé.
moderation-answer = Réponse à qui l’a demandé (facultatif)
moderation-your-answer = Votre réponse à qui l’a demandé
moderation-reasons = Pour laisser tel quel, il faut dire pourquoi : la loi le demande, et on le lit à l’adresse du suivi.
moderation-grant = Faire droit au recours
moderation-maintain = Maintenir la décision
moderation-reject = Laisser tel quel
moderation-act = Modérer
moderation-see = Voir l’original
moderation-admit = Montrer sur la place
moderation-dismiss = Sans rapport avec la ville
moderation-the-post = Le message
moderation-see-post = Le message de la décision n° { $number }
moderation-lift = Lever
moderation-lift-of = Lever la décision n° { $number }
moderation-more = Suite
moderation-n = N°
moderation-when = Quand
moderation-by = Par
moderation-what = Quoi
moderation-state = État
moderation-find = Chercher un message
moderation-find-label = Son adresse, sur son réseau ou ici
moderation-find-send = Trouver
moderation-not-found = Aucun message de cette ville n’a cette adresse.
moderation-word = Mot ou expression, six mots au plus
moderation-bad-word = Il faut un mot de deux lettres au moins, ou une expression de six mots au plus.
moderation-motive = Motif
moderation-lasts = Durée
moderation-no-end = Sans fin
moderation-days = { $n ->
    [one] { $n } jour
   *[other] { $n } jours
}
moderation-block = Bloquer
moderation-measures = Mesures
moderation-measures-lead = Une mesure vaut pour cette ville seule. Son auteur peut faire un recours, qu’un autre modérateur examine.
moderation-does-hide = Le message n’est plus sur la place ni dans aucune de ses sorties.
moderation-does-fold = Le message reste, replié derrière une ligne qui dit pourquoi.
moderation-does-pin = Le message est nommé en haut de la place.
moderation-does-admit = Le message est montré sur la place.
moderation-does-block-author = Rien de ce compte n’est plus montré dans cette ville, ni ce qui viendra.
moderation-does-block-word = Tout message de cette ville où il se trouve, entier, est retiré, ceux qui viendront aussi.
moderation-do-hide = Retirer
moderation-do-fold = Replier
moderation-do-pin = Épingler
moderation-do-admit = Montrer sur la place
moderation-do-block-author = Bloquer ce compte
moderation-do-block-word = Bloquer un mot
moderation-done-hide = C’est retiré, sur tous les écrans.
moderation-done-fold = C’est replié, sur tous les écrans.
moderation-done-pin = C’est épinglé.
moderation-done-admit = C’est sur la place.
moderation-done-block-author = Ce compte n’est plus montré ici.
moderation-done-block-word = Ce mot est bloqué.
moderation-gone = Ce n’est plus là : son auteur l’a retiré, ou son temps est passé.
moderation-unsound = Cette mesure ne va pas avec ce message, ce motif ou cette durée.
moderation-standing = C’est déjà fait. Regardez où cela en est.
moderation-too-many = Il y en a autant qu’il peut y en avoir : levez-en une d’abord.
moderation-own = Vous avez pris cette décision : c’est à quelqu’un d’autre d’examiner le recours. S’il n’y a personne d’autre, l’administration du bureau peut donner ce rôle.
moderation-reasons-missing = Dites pourquoi : qui a demandé lit la réponse, avec ses raisons.
moderation-open = { $n ->
    [0] Aucun signalement n’attend.
    [one] { $n } signalement ou recours attend.
   *[other] { $n } signalements ou recours attendent.
}
moderation-waiting = { $n ->
    [0] Aucun message n’est à vérifier.
    [one] { $n } message est à vérifier.
   *[other] { $n } messages sont à vérifier.
}
complaint-report = Signalement
complaint-notice = Notification d’un contenu illicite
complaint-appeal = Recours
motive-lost = motif perdu avec une sauvegarde remise en place
act-hide = Message retiré
act-fold = Message replié
act-pin = Message épinglé
act-admit = Message admis
act-block-author = Compte bloqué
act-block-word = Mot bloqué
act-lift = Décision levée
act-complaint-rejected = Demande rejetée

desk-notices = Annonces
notices-desk-title = Annonces de la ville
notices-lead = Travaux, fermetures, alertes : ce que la ville a à dire elle-même, en trois champs. Publiée, une annonce est en tête de la place, signée { $name }, et s’en va à sa fin.
notices-what = Quoi
notices-where = Où (facultatif)
notices-starts = Du (facultatif)
notices-ends = Au (facultatif)
notices-help = À l’heure de la ville. Sans fin, une annonce s’en va après une semaine ; elle ne dure pas plus de trente jours.
notices-write = Enregistrer
notices-all = Écrites ici
notices-none = Aucune annonce n’a encore été écrite ici.
notices-from-until = Du { $from } au { $until }
notices-from = À partir du { $from }
notices-until-end = Jusqu’au { $until }
notices-a-week = Une semaine
notices-by = écrite par { $name }, { $when }
notices-is-draft = Pas encore publiée
notices-is-published = Publiée
notices-is-withdrawn = Retirée
notices-is-over = Terminée
notices-act-publish = Publier
notices-act-withdraw = Retirer de la place
notices-act-discard = Jeter
notices-wait-another = Cette ville veut qu’une autre personne relise avant de publier.
notices-done-written = L’annonce est enregistrée. Elle attend d’être publiée.
notices-done-published = L’annonce est sur la place.
notices-done-withdrawn = L’annonce n’est plus sur la place.
notices-bad-time = Cette date et cette heure ne se lisent pas : 2026-12-24 18:30.
notices-what-missing = Dites au moins quoi.
notices-too-long = C’est trop long : 500 caractères pour quoi, 120 pour où.
notices-over = La fin doit venir après le début, et après maintenant.
notices-too-far = Trente jours au plus à l’avance.
notices-gone = Cette annonce n’est plus là.
notices-refused = La place la refuse elle-même : un mot que le fichier de la ville exclut s’y trouve. Voyez avec l’exploitant du serveur.
notices-not-now = Cela ne se peut pas : elle est déjà publiée, son temps est passé, ou une autre personne doit la relire.
act-notice-written = Annonce écrite
act-notice-published = Annonce publiée
act-notice-refused = Annonce refusée par la place
act-notice-withdrawn = Annonce retirée
act-notice-discarded = Annonce jetée
## Ce qui est inhabituel

desk-alerts = Alertes
alerts-title = Alertes
alerts-lead = Les moments où bien plus de personnes que d’habitude ont parlé de la ville, gardés quatre-vingt-dix jours. Une alerte compte des personnes et n’en nomme aucune ; les manifestations n’en donnent pas.
alerts-none = Aucune alerte en quatre-vingt-dix jours. La ville est comptée depuis { $since }.
alerts-begun = Début
alerts-ended = Fin
alerts-what = Quoi
alerts-posts = Messages en une heure
alerts-usual = D’habitude
alerts-older = Alertes plus anciennes
alerts-goes-on = en cours
alerts-told = Qui est prévenu
alerts-told-nobody = Personne : le fichier de la ville ne liste ni adresse de courriel, ni programme. Une alerte ne se voit qu’ici.
alerts-told-mail = { $n ->
    [one] Une adresse de courriel.
   *[other] { $n } adresses de courriel.
 }
alerts-told-webhook = Un programme, par requêtes signées.
alerts-told-duty = Rien n’est envoyé hors des heures de service. Ce qui dure encore à leur reprise est envoyé alors, une fois ; ce qui est fini y est dit d’une ligne.
alert-kind-unusual = Bien plus de personnes que d’habitude
alert-kind-any-post = Un message, là où il n’y en a presque jamais
alert-since = Inhabituel depuis { $when }
alert-last = Encore au-dessus de l’habitude à { $time }.
alert-posts = { $n ->
    [0] Aucun message d’habitants en une heure.
    [one] Un message d’habitants en une heure.
   *[other] { $n } messages d’habitants en une heure.
 }
alert-usual = { $n ->
    [0] D’habitude, { $when } : aucun.
    [one] D’habitude, { $when } : un.
   *[other] D’habitude, { $when } : { $n }.
 }
alert-none = Rien d’inhabituel. La ville est comptée depuis { $since }.
alert-too-early = { $n ->
    [0] Pas encore d’alerte : il faut { $days } jours de comptes pour savoir ce qui est habituel, et ils commencent à peine.
    [one] Pas encore d’alerte : il faut { $days } jours de comptes pour savoir ce qui est habituel, et la ville en a un.
   *[other] Pas encore d’alerte : il faut { $days } jours de comptes pour savoir ce qui est habituel, et la ville en a { $n }.
 }
alert-past = Alertes passées
alert-unsent-mail = Le courriel de l’alerte du { $when } n’est pas parti. Dites-le à l’administrateur du serveur : son journal en donne la raison.
alert-unsent-webhook = Le programme de la ville n’a pas reçu l’alerte du { $when }. Dites-le à l’administrateur du serveur : son journal en donne la raison.
alert-later-mail = Le courriel de l’alerte du { $when } n’est pas encore parti ; nouvel essai à { $time }.
alert-later-webhook = Le programme de la ville n’a pas encore reçu l’alerte du { $when } ; nouvel essai à { $time }.
alert-demo = { $n ->
    [one] Démonstration : une heure y passe en une seconde. Ce qui est habituel vient d’un passé joué avec les mêmes messages inventés.
   *[other] Démonstration : une heure y passe en { $n } secondes. Ce qui est habituel vient d’un passé joué avec les mêmes messages inventés.
 }
usual-when = un { $day } vers { $hour } h
usual-day = { $n ->
    [0] D’habitude, un { $day } entier : aucun.
    [one] D’habitude, un { $day } entier : un message.
   *[other] D’habitude, un { $day } entier : { $n } messages.
 }
desk-hour = { $n ->
    [0] Aucun message dans la dernière heure.
    [one] Un message dans la dernière heure.
   *[other] { $n } messages dans la dernière heure.
 }
desk-said = Ce qui se dit
desk-said-tags = Mots-clés, { $period }
desk-said-zones = Quartiers, { $period }
desk-said-week = semaine du { $day }
desk-said-usual = d’habitude { $usual }
desk-said-few = De la veille et de la semaine passée, aucun sujet ne réunit assez de personnes pour être dit.
desk-said-more = Tous les chiffres
desk-usual = D’habitude
desk-well = { $n ->
    [0] Aucune source n’est lue.
    [one] La source du fil est lue.
   *[other] Les { $n } sources du fil sont lues.
 }
letter-subject-unusual = { $city } : bien plus de messages que d’habitude
letter-subject-any-post = { $city } : un message, là où il n’y en a presque jamais
letter-subject-over = { $city } : une alerte, finie entre-temps
letter-earlier = { $n ->
    [one] Une alerte a commencé et fini sans pouvoir être dite plus tôt.
   *[other] { $n } alertes ont commencé et fini sans pouvoir être dites plus tôt.
 }
letter-over = Une alerte a commencé le { $from } et fini à { $until }, sans pouvoir être dite plus tôt.
letter-at = Le { $when }.
letter-square = Ce que voient les habitants : { $url }
letter-desk = Le bureau : { $url }
letter-foot = Ce courriel vient de Parvis. Les adresses qui le reçoivent sont dans le fichier de la ville.
## Fichiers, et ce qui suit le temps

files = En fichier :
files-csv = CSV
files-json = JSON
register-file-roles = Rôles :
register-file-searches = Recherches :
register-file-looks = Consultations :
inbox-file-note = Le fichier dit quand, par quel réseau et ce qu’il en est devenu ; ni les mots, ni les personnes.
files-print = Cette page s’imprime sans ses boutons.
chart-days = Messages d’habitants par jour. { $period }. Le trait est le niveau habituel de chaque jour.
chart-days-alone = Messages d’habitants par jour. { $period }. Pas encore de niveau habituel : il faut 14 jours comptés.
chart-hours = Messages d’habitants par heure, { $period }.
chart-watch-day = Messages par jour, cinq semaines au plus.
chart-watch-week = Messages par semaine, une demi-année au plus.
chart-watch-month = Messages par mois, une année au plus.
numbers-day = Jour par jour
numbers-of-day = Jour
numbers-of-usual = D’ordinaire
numbers-usual-few = peu
numbers-usual-note = « D’ordinaire » : le milieu des huit mêmes jours d’avant, dès que quatre sont comptés ; « peu » : trop peu de personnes la plupart du temps.
numbers-partial = D’une valeur, une semaine ou un mois dit ce nombre au moins : des jours de trop peu de personnes peuvent y manquer, d’où il n’est pas dit ce qui est habituel.
numbers-few-short = { $n ->
    [one] moins d’une
   *[other] moins de { $n }
 }
numbers-usual = { $n ->
    [0] D’ordinaire un { $day } : presque aucun message.
    [one] D’ordinaire un { $day } : un message.
   *[other] D’ordinaire un { $day } : { $n } messages.
 }
numbers-usual-not-yet = { $n ->
    [0] Pas encore de niveau habituel : il faut 14 jours comptés avant celui-ci.
    [one] Pas encore de niveau habituel : un jour compté avant celui-ci, sur les 14 qu’il faut.
   *[other] Pas encore de niveau habituel : { $n } jours comptés avant celui-ci, sur les 14 qu’il faut.
 }
numbers-watch = Une valeur ne se suit dans le temps que par une recherche enregistrée, avec son but, au registre public.
numbers-watch-more = Les recherches

## Les réponses de la ville, vues du bureau

desk-answers = Réponses
answers-title = Comment la ville répond
answers-lead = { $n ->
    [one] Sur le dernier jour.
   *[other] Sur les { $n } derniers jours.
 }
answers-asked = Messages qui attendaient une réponse
answers-answered = Répondus, en public ou ailleurs
answers-delay = Délai habituel, en heures de bureau
answers-delay-unknown = trop peu de réponses publiques pour le dire
answers-note = Ce sont les chiffres que tout le monde peut lire. Un message classé sans réponse à donner n’y compte pas.

## Les sources, vues du bureau

desk-sources-title = État des sources
desk-sources-in-brief = { $n ->
    [0] Toutes les sources sont lues.
    [one] Une source demande votre attention.
   *[other] { $n } sources demandent votre attention.
 }
desk-sources-public = Ce que les habitants lisent des sources
todo = À faire :
todo-live = rien.
todo-connecting = rien ; une connexion prend moins d’une minute. Si elle dure, le réseau est sans doute en panne : sa page d’état le dit.
todo-catching-up = rien ; ce qui manque arrive dans l’ordre. N’en concluez pas que la ville se tait.
todo-waiting-for-profiles = rien ; les messages attendent que leur réseau dise ce que leurs auteurs permettent, et paraissent ensuite. Si cela dure plus d’une heure, prévenez l’administrateur du serveur.
todo-silent = regardez si le réseau lui-même fonctionne. S’il fonctionne et que cela dure plus d’une heure, prévenez l’administrateur du serveur.
todo-silent-list = regardez si le site publie encore à cette adresse ; sinon, corrigez-la dans le fichier de la ville.
todo-down = rien d’abord ; la connexion est essayée de nouveau toute seule. Au-delà d’une heure, prévenez l’administrateur du serveur.
todo-down-list = regardez si le site s’ouvre. Il est demandé de nouveau tout seul ; s’il a changé d’adresse, corrigez-la dans le fichier de la ville.
todo-too-often = rien ; le réseau demande d’attendre, et il est attendu. Si cela revient chaque jour, l’administrateur du serveur peut espacer les visites.
todo-gone = l’adresse n’existe plus : cherchez la nouvelle sur le site et corrigez-la dans le fichier de la ville.
todo-token = le jeton d’accès n’est plus accepté, ou le serveur demande maintenant un compte. L’administrateur de Parvis en demande un autre à celui du serveur, avec son accord écrit.
todo-refused = la source ne veut pas, ou plus, être lue. Écrivez à qui la tient : c’est à lui d’en décider. Sans son accord, retirez-la.
todo-stopped = prévenez l’administrateur du serveur : cette source ne repart pas d’elle-même.
todo-gaps = Rien à faire : ce qui n’a pas pu être lu alors est redemandé là où le réseau le permet. Pour ces heures, un chiffre bas ne dit rien.

## Les recherches enregistrées

desk-watch = Recherches
watch-title = Recherches enregistrées
watch-lead = Une valeur suivie dans le temps, avec un but et une fin. Chacune est publique dès qu’elle est enregistrée, et chaque consultation y est comptée.
watch-register = Le registre public
watch-open = En cours
watch-none = Aucune recherche n’est en cours.
watch-over = Finies
watch-since = Depuis le { $day }
watch-until = Jusqu’au { $day }
watch-ended-on = finie le { $day }
watch-renew-days = Pour combien de jours encore
watch-renew = Prolonger
watch-end = Y mettre fin
watch-new = Enregistrer une recherche
watch-new-lead = Une seule chose à la fois, jamais une personne, ni une manifestation. Le but sera lu par les habitants.
watch-dimension = Ce qui est suivi
watch-value = Valeur
watch-value-help = Un quartier de la ville, un mot-clé, une langue (fr), un réseau (bluesky) ou l’adresse d’une page.
watch-purpose = But
watch-purpose-help = De 10 à 200 caractères. Par exemple : savoir si les travaux de la ligne 1 gênent.
watch-days = Nombre de jours, 90 au plus
watch-save = Enregistrer et publier
watch-who-saves = Une recherche est enregistrée par un compte qui a le rôle Publication : qui publie pour la ville répond de son but.
watch-saved = La recherche est enregistrée, et inscrite au registre public.
watch-renewed = La recherche est prolongée.
watch-ended = La recherche est finie. Elle reste au registre 400 jours.
watch-gone = Cette recherche est déjà finie. Enregistrez-en une nouvelle si son but dure.
watch-too-many = { $n ->
    [one] Une recherche est en cours, et c’est le plus qu’il peut y avoir. Mettez-y fin d’abord.
   *[other] { $n } recherches sont en cours, et c’est le plus qu’il peut y avoir. Mettez fin à l’une d’elles d’abord.
 }
watch-twice = Cette valeur est déjà suivie, par la recherche n° { $n }.
watch-no-dimension = Choisissez ce qui est suivi : un quartier, un mot-clé, une langue, un réseau ou une page. Il n’y a pas de recherche par auteur.
watch-no-value = Aucun message de la ville ne peut porter cette valeur. Un quartier s’écrit comme dans la liste ; la page d’une personne n’est suivie par personne.
watch-no-purpose = Dites le but en { $least } à { $most } caractères : les habitants le liront.
watch-no-days = { $n ->
    [one] Choisissez un jour.
   *[other] Choisissez de 1 à { $n } jours ; une recherche se prolonge.
 }
watch-assembly = Ce mot-clé est celui d’une manifestation ou d’un rassemblement. Personne ne le suit dans le temps : ce serait surveiller ceux qui s’y rendent.
watch-is-over = Cette recherche est finie : elle ne montre plus rien.
watch-purpose-is = But :
watch-usual = { $n ->
    [one] D’ordinaire un message, milieu de ces périodes.
   *[other] D’ordinaire { $n } messages, milieu de ces périodes.
 }
watch-usual-few = D’ordinaire trop peu de personnes pour que ce soit dit.
watch-usual-not-yet = Pas encore de niveau habituel : il faut quatre périodes comptées.
watch-empty = Aucune période n’est encore close depuis que la ville est comptée. Un jour se clôt deux minutes après minuit.
watch-period = Période
watch-not-told = pas dit : personne, ou trop peu de personnes
watch-note = { $n ->
    [one] Un nombre n’est dit que s’il parle d’une personne au moins.
   *[other] Un nombre n’est dit que s’il parle de { $n } personnes au moins ; sinon il attend la période plus large.
 }
watch-run = Cette consultation est comptée au registre, avec votre rôle et sans votre nom.
watch-back = Toutes les recherches
act-watch-saved = Recherche enregistrée
act-watch-renewed = Recherche prolongée
act-watch-ended = Recherche finie

## Le registre public

register-link = Ce que la mairie suit ici, pourquoi, et qui peut regarder
foot-register = Registre du bureau
register-title = Registre du bureau { $of-city }
register-lead = Ce que la mairie suit sur cette place, pourquoi, et combien de fois son bureau est consulté. Cette page est la même pour tous.
register-sees = Ce que le bureau voit
register-sees-text = Le bureau voit les messages que vous voyez, ceux qui s’adressent aux comptes de la ville, et des nombres : de messages par quartier, mot-clé, langue, réseau ou page, et de personnes, arrondis à cinq vers le bas, jamais dits de moins de cinq.
register-sees-not = Il ne voit ni le nombre de messages d’une personne, ni deux choses croisées, ni de plan des personnes, ni les nombres d’une manifestation, et aucun réglage ne le permet.
register-who = Qui peut regarder
register-nobody = Personne n’a encore de compte à ce bureau.
register-role = Rôle
register-may = Ce qu’il permet
register-accounts = Comptes
register-watches = Recherches enregistrées
register-watches-text = Suivre une valeur dans le temps n’est possible que par l’une de ces recherches. Aucune ne porte sur une personne.
register-no-watch = Aucune recherche n’est en cours.
register-by = Enregistrée avec le rôle { $role }
register-runs-until = Du { $since } au { $until }.
register-ran-until = Du { $since } au { $until }, finie.
register-run = { $n ->
    [one] une consultation { $day }
   *[other] { $n } consultations { $day }
 }
register-no-run = Jamais consultée.
register-ended = { $n ->
    [one] Une recherche finie, gardée 400 jours
   *[other] { $n } recherches finies, gardées 400 jours chacune
 }
register-looks = Consultations du bureau
register-looks-text = Combien de fois chaque page a été ouverte, par jour et par rôle ; qui l’a ouverte n’est pas gardé. Les nombres sont écrits chaque minute et gardés 400 jours.
register-days = Du { $from } au { $until }
register-no-look = Le bureau n’a pas été ouvert ces jours-là.
register-page = Page
register-times = Fois
register-earlier = Jours précédents
register-log = Journal des actes
register-head = Dernière ligne : n° { $number }, code { $code }.
register-log-text = Chaque acte du bureau est une ligne d’un journal. Le code dépend de toutes les lignes écrites avant lui : qui note aujourd’hui le numéro et le code peut faire vérifier plus tard que rien n’a été changé.
register-no-log = Rien n’a encore été fait à ce bureau.
look-now = Maintenant
look-numbers = Chiffres
look-numbers-csv = Chiffres, fichier CSV
look-numbers-json = Chiffres, fichier JSON
look-watch = Recherches
look-watch-series = Ce que montre une recherche
look-watch-series-csv = Ce que montre une recherche, fichier CSV
look-watch-series-json = Ce que montre une recherche, fichier JSON
look-days-csv = Derniers jours, fichier CSV
look-days-json = Derniers jours, fichier JSON
look-sources-csv = État des sources, fichier CSV
look-sources-json = État des sources, fichier JSON
look-inbox-csv = Messages adressés, fichier CSV
look-inbox-json = Messages adressés, fichier JSON
look-people-csv = Comptes, fichier CSV
look-people-json = Comptes, fichier JSON
look-answers = Réponses
look-answers-csv = Réponses, fichier CSV
look-answers-json = Réponses, fichier JSON
look-sources = État des sources
look-inbox = Messages adressés
look-people = Comptes
look-alerts = Alertes
look-alerts-csv = Alertes, fichier CSV
look-alerts-json = Alertes, fichier JSON
look-decisions-csv = Décisions, fichier CSV
look-decisions-json = Décisions, fichier JSON
look-moderation = Modération
look-notices = Annonces
look-log = Journal
look-log-csv = Journal, fichier CSV
look-log-json = Journal, fichier JSON

## Le rapport du mois

report-month-title = Ce qui s’est dit sur la place { $of-city } en { $month }
report-lead = Rapport au conseil municipal, du { $from } au { $until }. Le mois est fait de semaines entières, celles dont le jeudi y tombe.
report-part = La ville n’est comptée que depuis { $since } : ce mois ne l’est qu’en partie.
report-made = Fait par Parvis le { $when }.
report-said = Messages
report-usual = { $n ->
    [0] D’ordinaire presque aucun message d’habitants par semaine, d’après les semaines d’avant ce mois.
    [one] D’ordinaire un message d’habitants par semaine, d’après les semaines d’avant ce mois.
   *[other] D’ordinaire { $n } messages d’habitants par semaine, d’après les semaines d’avant ce mois.
 }
report-usual-not-yet = Pas encore de niveau habituel : il faut deux semaines comptées avant ce mois.
report-week-of = Semaine du
report-more = { $n ->
    [one] Les dix premières valeurs ; une autre est sur la page du bureau.
   *[other] Les dix premières valeurs ; { $n } autres sont sur la page du bureau.
 }
report-answers = Messages adressés à la ville pendant ce mois : { $asked }, dont { $answered } répondus.
report-answers-since = Ces messages sont gardés 30 jours : seuls ceux reçus depuis { $since } comptent ici.
report-answers-gone = Les messages adressés à la ville sont gardés 30 jours : ceux de ce mois ne le sont plus. Faites le rapport dans les jours qui suivent le mois pour en avoir les chiffres.
report-gaps = Ce qui n’a pas été lu
report-no-gaps = Aucune lacune : chaque source a été lue tout le mois.
report-gaps-text = Pendant ces heures un réseau n’a pas pu être lu, ou en partie ; un chiffre bas n’y dit rien.
report-from = De
report-until = À
report-acts = Actes du bureau
report-no-acts = Rien n’a été fait au bureau ce mois-ci.
report-acts-text = D’après le journal du bureau, qui ne se change pas.
report-how = Comment c’est compté
