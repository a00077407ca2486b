"""Short lists that tell addresses from French, and file names from domains.

Own lists, made from the reports of the reference data and from the way people write them. A word
missing here costs an analyst one click, never a report.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPOKEN_SUFFIXES = _words(
    "fr com org net eu biz xyz top online shop ru cn uk ch lu io ly app dev cat bzh re"
    " example test invalid onion"
)
"""Suffixes that a person spells ("point fr"). None is a word that follows "point" in French."""

NOT_BEFORE_POINT = _words(
    "le la les un une des ce cet cette ces au aux du de mon ma mes ton ta sa son ses notre nos"
    " votre vos leur leurs premier deuxième second dernier autre même seul petit gros bon mauvais"
    " quel quelque chaque tout à en sur mise et ou"
)

LOCAL_SUFFIXES = frozenset({"local", "lan", "internal", "localdomain"})
"""Last labels of names that exist only inside a network."""

FILE_EXTENSIONS = _words(
    # documents
    "txt pdf doc docx docm dot dotx dotm rtf odt ods odp odg xls xlsx xlsm xlsb xlt xltm xlam csv"
    " ppt pptx pptm pps ppsx one onepkg pub vsd vsdx mdb accdb wps md log ini cfg conf yml yaml"
    " json xml xsl xslt htm html xhtml mht mhtml hta svg eml msg pst ost mbox ics vcf tex key pages"
    " numbers"
    # programs and scripts
    " exe dll sys scr cpl msi msp msix appx com bat cmd ps1 psm1 psd1 vbs vbe vba js jse wsf wsh"
    " hta lnk url reg inf jar class apk xapk ipa dmg pkg deb rpm bin elf so dylib sh bash py pyc"
    " pyw pl rb php phtml asp aspx jsp jspx cgi htaccess swf au3 chm gadget ocx drv tmp dat"
    # archives and images of disks
    " zip rar 7z tar gz tgz bz2 xz zst cab arj lzh ace iso img vhd vhdx vmdk vdi ova ovf vmem bak"
    " old sql sqlite db dump dmp pcap pcapng evtx evt etl mdf ldf bkp"
    # pictures, sound, video
    " jpg jpeg png gif bmp tif tiff webp ico heic psd eps mp3 mp4 m4a m4v wav avi mov mkv ogg"
    " flac wmv flv webm"
    # certificates, keys
    " pem crt cer der pfx p12 p7b p7m csr asc sig gpg kdbx rdp ovpn torrent"
)
"""Extensions of ordinary files: what ends so is a file name, and is no ransomware's extension."""

NOT_FILES = frozenset({"com", "key", "pages", "numbers", "one", "url", "class", "dot", "pub"})
"""Extensions that are too often something else: domains (.com) and words."""

RANSOM_EXTENSIONS = _words(
    "locked lock crypt crypted crypto encrypted encrypt enc cry lockbit akira akiranew phobos"
    " devos eking eight elbie blackcat hive conti ryuk babuk clop cl0p royal play medusa cuba"
    " mallox makop wannacry wncry wcry locky zepto cerber dharma wallet bip arena djvu stop"
    " rhysida qilin bianlian ransomhub lynx hunters interlock safepay basta blackbasta lockfile"
    " egregor maze netwalker sodinokibi avaddon darkside blackmatter snatch vice monti trigona"
    " cactus eldorado embargo fog dragonforce ransom pwned hacked faust deadbolt qlocker"
    " payload avos avos2 avoslocker karma"
)
"""Extensions that ransomware appends and that say so by themselves."""

TITLES = _words("m mm mr mme mmes mlle dr pr ste cf etc")
"""Abbreviations before a name: "M.Dupont" (.dupont is a suffix)."""

WORD_SUFFIXES = _words(
    "la je ne se et il as sa ma plus moi car maison date page photo photos tel contact direct"
    " services vin cool sport restaurant immo"
)
"""Suffixes that are French words: after a dot without a space they are a new sentence."""

WEAK_WORD_SUFFIXES = _words("de me es au si it at be no so to in is am my do mu pm ai")
"""Suffixes that are words, but also common in real addresses: dropped after a common word only."""

COMMON_WORDS = _words(
    "merci bonjour bonsoir salut cordialement cdt svp stp oui non mail mails message messages"
    " courriel boite boîte compte comptes mot passe lien liens site ordi ordinateur ordinateurs"
    " pc poste postes serveur serveurs disque disques fichier fichiers dossier dossiers facture"
    " factures argent virement banque euros téléphone telephone portable numéro numero adresse"
    " mairie commune maire école ecole agent agents élu élus association entreprise client clients"
    " hier demain matin midi soir nuit jour jours semaine mois an ans heure heures lundi mardi"
    " mercredi jeudi vendredi samedi dimanche rien tout tous toute toutes pas plus jamais vite"
    " urgent problème probleme erreur attaque virus piraté pirate piratée bloqué bloque éteint"
    " eteint marche fonctionne écran ecran page internet réseau reseau connexion sauvegarde"
    " sauvegardes données donnees faire fait dit vu reçu recu ouvert cliqué clique payé paye perdu"
    " volé vole ici là alors aussi encore déjà deja bien mal fin"
)
"""Words that end sentences in reports."""
