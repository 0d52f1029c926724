"""Names that occur, by where they come from, for people who do not exist: the generator puts them together by lot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

_LISTS = """
British
m: Oliver George Harry Jack Jacob Noah Charlie Thomas Oscar William James Leo Alfie Henry Joshua Archie Ethan Daniel Ryan Connor Liam Kyle Callum Jordan Luke Adam Nathan Benjamin Samuel Edward Christopher Michael Matthew Andrew Stephen Anthony Robert Richard Gareth Rhys Owen Dylan Ewan Fraser
f: Olivia Amelia Isla Emily Poppy Ava Jessica Sophie Chloe Grace Ella Lily Charlotte Megan Bethany Lauren Hannah Rebecca Samantha Elizabeth Catherine Victoria Jennifer Margaret Susan Helen Nicola Kirsty Rhiannon Sian Eilidh Fiona
s: Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Harris Cooper Turner Hill Ward Morris Moore Clark Baker Harrison King Morgan Allen James Scott Phillips Watson Davis Parker Bennett Price Griffiths MacDonald O'Brien McCarthy O'Connor MacLeod FitzGerald
1: Ash Brad Cran Dun East Fair Gold Hart Kings Lang Mar Nor Old Pem Red Sted Thorn Under Wal York
2: ford well ham bury field worth ley man wick stone croft ton bridge wood by combe
Pakistani
m: Mohammed Ahmed Ali Hamza Usman Bilal Hassan Umar Zain Imran Asif Tariq Khalid Shahid Nadeem Faisal Kamran Adnan Waqas Saqib Junaid Rizwan Shoaib Yasir Zubair Abdul Ibrahim Yusuf Haroon Sajid
f: Aisha Fatima Zainab Maryam Khadija Saima Shazia Nadia Rukhsana Samina Farzana Sadia Ayesha Hina Iqra Noreen Parveen Tahira Nasreen Sumaira
s: Khan Hussain Ahmed Ali Mahmood Malik Iqbal Akhtar Shah Mirza Butt Chaudhry Raja Qureshi Siddiqui Bhatti Sheikh Aslam Rashid Anwar Javed Rafiq Saleem Younis Zaman Hanif Nawaz Ashraf Bashir Riaz Sharif Latif Majeed Rehman Dar Lone Kiani Janjua Awan Gill
Bangladeshi
m: Mohammed Abdul Shofiqul Rafiqul Nurul Jahangir Kamal Jamal Monir Faruk Habibur Mizanur Anwar Delwar Shahin Rubel Sohel Tanvir Sabbir Rashed Mahbub Iqbal
f: Fatema Ayesha Nasima Rahima Shirin Taslima Rokeya Jahanara Salma Sultana Nazma Farhana Sabina Tahmina Ruksana
s: Begum Khatun Uddin Miah Rahman Islam Hossain Chowdhury Ahmed Ali Haque Alam Hoque Khatoon Akter Bibi Sarkar Talukdar Sikder Mollah Bhuiyan Mondal Sheikh Kazi Howlader
Indian
m: Gurpreet Harpreet Jaswinder Manpreet Rajesh Suresh Ramesh Vijay Sanjay Anil Sunil Deepak Rahul Amit Arjun Rohan Nikhil Vikram Kiran Balwinder Sukhdev Kuldeep Pritesh Hitesh
f: Priya Anjali Sunita Kavita Meena Neha Pooja Deepika Harpreet Simran Jasleen Gurpreet Parminder Rekha Nisha Lakshmi Divya Shreya
s: Singh Kaur Patel Sharma Shah Gupta Kumar Mehta Desai Joshi Reddy Nair Iyer Rao Chauhan Mistry Parmar Solanki Gill Sandhu Dhillon Grewal Sidhu Bains Virdee Chatterjee Mukherjee Banerjee Pillai Menon
Arabic
m: Mohammed=محمد Ahmed=أحمد Ali=علي Hassan=حسن Hussein=حسين Omar=عمر Khaled=خالد Youssef=يوسف Mahmoud=محمود Mustafa=مصطفى Ibrahim=إبراهيم Abdullah=عبدالله Tarek=طارق Walid=وليد Samir=سمير Karim=كريم Bashar Fadi Nabil Rami Ziad Hisham Marwan Adel Anas
f: Fatima=فاطمة Aisha=عائشة Maryam=مريم Layla=ليلى Nour=نور Zeinab=زينب Huda Rania Samira Hanan Amal Salma Yasmin Dalia Noura Reem
s: Al-Hassan Al-Masri Al-Najjar Haddad Khoury Mansour=منصور Saleh=صالح Nasser=ناصر Hamdan Darwish Aziz Al-Rashid Al-Baghdadi Abdel-Rahman Said Farouk Hamid Al-Jaberi Al-Shami Al-Tamimi Qasim Jaber Sabbagh Bakri Halabi Zidan Sulaiman Ghanem Al-Obeidi Al-Dulaimi Barakat Fayed Shaheen Habib Issa Rahal
Polish
m: Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Jakub Łukasz Wojciech Mateusz Kamil Dawid Grzegorz Rafał Szymon Bartosz Sławomir Zbigniew Przemysław
f: Anna Katarzyna Małgorzata Agnieszka Barbara Ewa Magdalena Joanna Monika Zofia Natalia Aleksandra Weronika Wiktoria Paulina Elżbieta
s: Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski Mazur Krawczyk Kaczmarek Grabowski Pawłowski
1: Zaw Brzoz Chmiel Dobr Gaj Jabłoń Kalin Lip Malin Olsz Piask Rogal Sosn Topol Wierzb Grusz
2: owski ewski icki iński yński czyk ak ek
Romanian
m: Andrei Alexandru Mihai Ionuț Ștefan Florin Cristian Gheorghe Vasile Adrian Bogdan Răzvan Cătălin Marius Nicolae Dumitru Vlad Sorin Gabriel
f: Maria Elena Ioana Andreea Mihaela Cristina Alina Daniela Gabriela Simona Ana Raluca Oana Ștefania
s: Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Matei Ciobanu Rusu Munteanu Țurcanu
1: Alb Bălt Car Dobr Flor Grig Ili Lup Marin Neagr Opr Pătr Sând Tom Văc
2: escu eanu aru oiu an uț
Ukrainian
m: Oleksandr=Олександр Serhiy=Сергій Andriy=Андрій Dmytro=Дмитро Volodymyr=Володимир Mykola=Микола Ivan=Іван Vasyl=Василь Yuriy=Юрій Oleh=Олег Viktor=Віктор Mykhailo=Михайло Bohdan Yevhen Taras Maksym Artem Roman
f: Olena=Олена Natalia=Наталія Iryna=Ірина Tetiana=Тетяна Svitlana=Світлана Oksana Yulia Kateryna Maria Hanna Anastasia Daria Liudmyla
s: Shevchenko=Шевченко Kovalenko=Коваленко Bondarenko=Бондаренко Tkachenko=Ткаченко Melnyk=Мельник Kravchenko=Кравченко Ivanov=Іванов Boyko Koval Shcherbak Zhuk Hryhorenko
1: Rom Sav Tymosh Lys Pavl Petr Vasyl Hnat Nest Iv Khom Yarosh Klym Dan Moroz
2: enko chuk ko ov yk iv ets sky
Somali
m: Maxamed Axmed Cali Xasan Cabdi Warsame Farax Yuusuf Cumar Cismaan Jaamac Xuseen Nuur Ibraahim Khaliif Geeddi Guuleed Liban Mahad Sharmarke Cabdullaahi Cabdiraxmaan Aadan Muuse Bile
f: Faadumo Caasha Xaliimo Khadiija Hodan Ifrah Sahra Saynab Maryan Deeqa Hibaaq Ayaan Ubax Nimco Safiyo
s: Maxamed Axmed Cali Xasan Cabdi Warsame Farax Yuusuf Cumar Cismaan Jaamac Xuseen Nuur Ibraahim Khaliif Geeddi Guuleed Cige Diiriye Samatar Shire Aadan Muuse Bile Rooble Egal Dualeh Xirsi
Nigerian
m: Oluwaseun Chukwuemeka Babatunde Adebayo Emeka Tunde Ikechukwu Obinna Femi Segun Kunle Chinedu Uche Kelechi Ibrahim Musa Abubakar Suleiman Tobiloba Ayodele Chidi Nnamdi
f: Ngozi Chioma Temitope Folake Yetunde Amaka Adaeze Blessing Funmilayo Ifeoma Aisha Hauwa Oluwakemi Titilayo Nkechi
s: Okafor Okonkwo Adeyemi Balogun Eze Nwosu Okoro Ogunleye Abubakar Bello Mohammed Ibrahim Lawal Obi
1: Ade Olu Ogun Oye Ola Ayo Aki Oko
2: wale bayo seun kunle dele gbenga yinka tunji muyiwa niyi
Ghanaian
m: Kwame Kofi Kwabena Yaw Kojo Kwasi Kweku Emmanuel Samuel Isaac Ebenezer Nana Prince Daniel
f: Akosua Ama Abena Afua Efua Adwoa Esi Grace Mercy Comfort Gifty Abigail
s: Mensah Owusu Osei Boateng Asante Agyeman Appiah Addo Amoah Ofori Acheampong Antwi Darko Frimpong Opoku Sarpong Yeboah Gyamfi Quaye Tetteh Nkrumah Asamoah Bonsu
Eritrean
m: Tesfaye Haile Yohannes Berhane Kidane Filmon Samuel Dawit Mehari Abraham Robel Merhawi Yonas Tekle Amanuel Henok
f: Selam Senait Feven Helen Miriam Rahel Saba Winta Luwam Bisrat Almaz Tsega
s: Tesfay Haile Gebremedhin Kidane Berhe Tekle Ghebre Woldemariam Habte Araya Mebrahtu Weldu Yohannes Ogbazghi Kahsay Asmerom Negash Zerai Beyene Tewolde
"""  # noqa: E501  a line is a list


@dataclass(frozen=True)
class Names:
    """The names of one group: forenames of men and of women, surnames, and what else surnames are put together of."""

    group: str
    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[str, ...]
    scripts: Mapping[str, str]


def _read() -> Mapping[str, Names]:
    found: dict[str, Names] = {}
    blocks: dict[str, dict[str, list[str]]] = {}
    group = ""
    for line in _LISTS.strip().splitlines():
        kind, _, words = line.partition(": ")
        if words:
            blocks[group][kind] = words.split()
        else:
            group = line
            blocks[group] = {}
    for name, lists in blocks.items():
        found[name] = _names(name, lists)
    return MappingProxyType(found)


def _names(group: str, lists: Mapping[str, Sequence[str]]) -> Names:
    made = tuple(one + other for one in lists.get("1", ()) for other in lists.get("2", ()))
    pairs = [word.partition("=") for words in lists.values() for word in words]
    plain = {kind: tuple(word.partition("=")[0] for word in words) for kind, words in lists.items()}
    scripts = MappingProxyType({latin: own for latin, _, own in pairs if own})
    return Names(group, plain["m"], plain["f"], (*plain["s"], *made), scripts)


GROUPS: Mapping[str, Names] = _read()
"""The groups of names, by what they are called in a report."""

_SHORT = """
= William=Bill Thomas=Tommy James=Jim Daniel=Danny Samuel=Sam Michael=Mick Robert=Bob Anthony=Tony
Edward=Ted Christopher=Chris Matthew=Matt Joshua=Josh Benjamin=Ben Andrew=Drew Elizabeth=Liz
Catherine=Kate Jessica=Jess Rebecca=Becky Samantha=Sam Victoria=Vicky Jennifer=Jenny Margaret=Peggy
Susan=Sue Megan=Meg Bethany=Beth Mohammed=Mo Maxamed=Mo Abdul=Abs Gurpreet=Gurps Krzysztof=Krzysiek
Katarzyna=Kasia Małgorzata=Gosia Tomasz=Tomek Piotr=Piotrek Jakub=Kuba Grzegorz=Grzesiek Bartosz=Bartek
Zofia=Zosia Joanna=Asia Magdalena=Magda Aleksandra=Ola Wojciech=Wojtek Sławomir=Sławek Alexandru=Alex
Mihai=Misu Nicolae=Nicu Cristian=Cristi Gabriel=Gabi Ștefan=Fane Oleksandr=Sasha Volodymyr=Vova
Dmytro=Dima Yevhen=Zhenya Mykola=Kolya Natalia=Natasha Kateryna=Katya Anastasia=Nastya Oluwaseun=Seun
Chukwuemeka=Emeka Babatunde=Tunde Tobiloba=Tobi Temitope=Tope Funmilayo=Funmi Oluwakemi=Kemi Adebayo=Bayo
Emmanuel=Manny Tesfaye=Tes Yohannes=John
"""
SHORT: Mapping[str, str] = MappingProxyType(dict(pair.split("=") for pair in _SHORT.split()))
"""What people are called by their friends: not all of it stands in the matcher's own list."""
