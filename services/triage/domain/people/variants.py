"""Names that are one name: short forms, and spellings too far apart for their letters to show it; and common names."""

from services.triage.domain.people.letters import word_set

_WRITTEN = """
mohammed: mohammad mohamed mohamad muhammad muhammed muhamad muhamed mohd md mohmed mahamed mahammed maxamed mahomed mehmet mehmed mamadou magomed mo moh mhmd mohammd mahmad
ahmed: ahmad ahmet achmed axmed ahmod hmd amadou amhed
mahmoud: mahmood mehmood mahmud mahamud maxamuud mhmwd
hassan: hasan hasaan xasan hsn assan hassaan
hussein: hussain husain husayn husein hossain hosein hussien xuseen hsyn gusein hocine
ali: aly cali ly aliy alli
abdullah: abdulla abdallah abdellah cabdullaahi abdullahi abdalla bdllh
abdulrahman: abdurrahman abdurahman abdirahman cabdiraxmaan abderrahmane abdelrahman abdrahman abdulrehman bdlrhmn
abdulaziz: abdelaziz abdiaziz cabdicasiis abdulazeez
abdulkadir: abdelkader abdikadir abdulqadir abdulkader cabdiqaadir
omar: umar umer omer cumar mr
osman: usman uthman othman cusmaan ousmane usmaan
yusuf: yousef yousaf youssef yusef yousuf yoosuf joseph jusuf josef jozef iosif yuusuf joe yosef ywsf
ibrahim: ebrahim ibraheem ibraahiim abraham brahim abram avram brhym
ismail: ismael esmail ishmael ismaciil ismaeel smyl
isa: eisa essa issa ciise
musa: moussa mousa moosa muuse moses mwsy
dawud: daud dawood daoud david dave dauud davyd dawid dave davey
sulaiman: suleiman sulayman suleman soliman solomon saleebaan soleiman slymn
jacob: yaqub yakub yaqoob yacoub jakub yacub jake
khalid: khaled kalid khaalid chaled khld
hamza: hamzah xamse hamsa hmzh
bilal: bilaal belal billal
idris: idrees edris
farah: faraax farrah
khadija: khadijah khadeeja kadija khadiija khatija khdyjh hadija
fatima: fatimah fatema fatma faadumo fatuma fatou ftmh faduma
aisha: ayesha aysha aishah caasha ayisha aischa aesha shh
amina: aminah aamina ameena aminata amna
maryam: mariam miriam maryan meriem maria mary marie mariya marija mrym maryem
zainab: zaynab zeinab zeynab saynab zaineb zynb
safiya: safia safiyyah safiyo saffiyah
asha: caasho
abdi: cabdi
warsame: warsama
nur: noor nour nuur nwr
saeed: said sayed siciid saeid saiid sayeed syd
syed: sayyid sayed sayyed said saiyed
rashid: rasheed raashiid rachid rshyd
jamal: jamaal gamal djamal jamel dzhamal jml
karim: kareem kerim
hamid: hameed hamed xaamid
majid: majeed maajid
rahman: rehman rahmaan ur-rehman raxmaan rohman
islam: aslam
shah: sha
sheikh: shaikh shekh
chowdhury: choudhury chaudhry chaudhary choudhary chowdhry chaudhri choudhry chudhury choudhri
begum: begam begom
akhtar: akter aktar akther
khatun: khatoon
bibi: bebe
hossain: hussain hussein
uddin: udin
miah: mia miya mian
singh: sing simgh simh
kaur: kor
qureshi: koreshi quraishi kureshi
siddiqui: siddiqi siddique sidiqi sediqi
sharma: sarma
krishna: krisna
mukherjee: mukhopadhyay mukharji
jaswinder: jasvinder
gurpreet: gurprit
alexander: alex alec alexandru aleksander oleksandr aleksandr sasha sandy sandu olek xander sacha olexander sashko
alexandra: alex alexandria aleksandra oleksandra sasha sandra ola lexi
william: will bill billy willie liam wiliam wilhelm
robert: rob bob bobby robbie bobbie
richard: rick dick ricky rich ryszard
james: jim jimmy jamie jimi
john: jack johnny jon ian jan ioan ivan yann johan sean jonny ion hans janek vanya yohannes
jonathan: jon jonny nathan jonathon
thomas: tom tommy tomasz tomas tomek toma tam
michael: mike mick mickey mikey michal mihai mykhailo mikhail misha mykhaylo mikael
matthew: matt matthias mateusz matei matvey
andrew: andy drew andrzej andrei andriy andrey andre jedrek
anthony: tony antony anton antoni
joseph: joe joey jozef iosif josef jo
charles: charlie chuck karol carl charley
christopher: chris kit krzysztof cristofor topher krzysiek
christian: chris cristian krystian
daniel: dan danny danil danylo danek
edward: ed eddie ted teddy ned edek eduard
francis: frank frankie franciszek francisc
george: gheorghe jerzy georgi yuri yuriy jurek heorhiy jorge gigi
gregory: greg grzegorz grigore hryhoriy grigory grzesiek
henry: harry hank henryk harri
lawrence: larry laurence wawrzyniec laurentiu
leonard: leo len lenny
nicholas: nick nicky nicolae mykola nikolai mikolaj nico nikolay kolya nicolas
patrick: pat paddy patryk
paul: pawel pavel pavlo paulo pasha
peter: pete piotr petru petro pyotr petr piotrek
philip: phil phillip filip
ronald: ron ronnie
samuel: sam sammy
samantha: sam sammie
stephen: steve steven stefan stepan stevie szczepan stef
timothy: tim timmy tymoteusz timofey
terence: terry
vincent: vince vinny wincenty
benjamin: ben benny beniamin
alan: allan allen al
albert: bert bertie al
alfred: alf alfie fred
frederick: fred freddie freddy fryderyk
kenneth: ken kenny
lucas: luke lukasz luca luka lukas
marcus: mark marek marc marco
sebastian: seb bastian bastek
victor: vic wiktor viktor
vladimir: volodymyr wlodzimierz vova volodya vlad
vladislav: wladyslaw vlad vladyslav
sergey: serhiy sergiu sergei serge serhii
dmitry: dmytro dumitru dima dmitri mitya
yevgeny: yevhen eugene eugeniu evgeny evgeni zhenya gene
wojciech: wojtek
stanislaw: stas stanislav staszek
tadeusz: tadek
zbigniew: zbyszek
bartosz: bartek bartlomiej bartholomew bart
jaroslaw: jarek yaroslav
kazimierz: kazik
slawomir: slawek
radoslaw: radek
maciej: maciek
catherine: kate katie cathy kathy katherine kathryn katarzyna kasia ecaterina kateryna katya ekaterina kay cath katya katrina caitlin
elizabeth: liz lizzie beth betty eliza elzbieta elisabeta yelizaveta ela libby elspeth lisa bess liza
margaret: maggie meg peggy malgorzata gosia marge margareta rita
anna: ann anne annie ania ana hanna hannah hanka anya anca
barbara: babs basia barb
dorothy: dot dorota dolly
helen: elena yelena olena helena nell ellen ileana lena
joanna: jo joanne asia ioana joan johanna yoana
jennifer: jen jenny jenni
jessica: jess jessie
julia: julie iulia yulia yuliya
magdalena: magda maddie
natalia: natalie natasha nataliya natalya
patricia: pat trish patsy tricia patrycja
rebecca: becky becca
susan: sue susie suzanne zuzanna zuza
theresa: teresa terry tess
victoria: vicky vicki tori wiktoria viktoriya viktoria
agnieszka: agnes aga agnesa
ewa: eva eve
zofia: sophia sophie sofia zosia sofiya sophy
olga: olha olya
oksana: oxana
irina: iryna irene irena ira
svetlana: svitlana sveta
tatiana: tetiana tatyana tanya
ludmila: lyudmyla
emmanuel: emanuel manny
chukwuemeka: emeka
oluwaseun: seun
oluwatobi: tobi tobiloba
olufemi: femi
olayinka: yinka
babatunde: tunde
adebayo: bayo
chinedu: nedu
ikechukwu: ike
ngozi: ngozichukwu
temitope: tope temi
kwabena: kobina kobi
kwame: kwami
kofi: coffie
tesfaye: tesfai tesfay
gebre: ghebre gabre
haile: hayle haylay
selam: salam
tekle: teklay
"""  # noqa: E501  a line is a name
_LINES = tuple(line.partition(":")[::2] for line in _WRITTEN.strip().splitlines() if ":" in line)


def _roots() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for root, others in _LINES:
        for name in (root, *others.split()):
            found.setdefault(name, set()).add(root)
    return {name: frozenset(among) for name, among in found.items()}


_ROOTS = _roots()
COMMON = word_set(
    "mohammed ahmed ali khan hussein hassan singh kaur begum patel smith jones williams taylor brown davies evans "
    "wilson thomas roberts johnson lewis walker robinson wood thompson white watson jackson wright green harris "
    "cooper king lee martin clarke james morgan hughes edwards hill moore clark harrison scott young morris hall "
    "ward turner carter phillips mitchell patel adams campbell anderson allen cook islam rahman chowdhury uddin "
    "miah akhtar abdi omar osman ibrahim yusuf abdullah nowak kowalski popescu ivanov mensah okafor "
    "john david michael paul andrew james robert william richard daniel christopher matthew mark thomas "
    "jack harry oliver george charles sarah emma laura lisa catherine anna maria fatima aisha maryam zainab"
)


def roots(part: str) -> frozenset[str]:
    """Return the names that a folded part is a form of: Bill is William, Alex is Alexander and Alexandra.

    Empty for a name that no list of ours has.
    """
    return _ROOTS.get(part, frozenset())


def is_common(part: str) -> bool:
    """Return whether so many people have this name that it says little about one of them."""
    return part in COMMON or not roots(part).isdisjoint(COMMON)
