"""Other words for the same thing: phrases of what a user says are exchanged now and then, so that a model learns which
words mean alike, and not only the sentences of smalltalk.txt. Answers are never touched.
"""

from __future__ import annotations

import random
import re

# phrase = alternatives; matched as whole words, first letter's case kept. Longer phrases come before shorter ones.
_RULES = """
can you tell me = could you tell me | please tell me | tell me | do you know | I want to know | I would like to know | I wonder | would you tell me | will you tell me | may I ask
tell me about = say something about | talk about | talk to me about | what can you tell me about | I want to hear about | let me hear about | inform me about
tell me a = give me a | I want a | I would like a | let me hear a | can you tell me a | could you tell me a | do you know a | do you have a | how about a | I need a | please tell me a | I want to hear a | share a | come on, tell me a | I am in the mood for a | got a | time for a | make up a | I could use a | I feel like hearing a | say a
tell me = please tell me | can you tell me | could you tell me | say | let me know | I want to know | I would like to know
can you = could you | are you able to | would you | will you | do you know how to | is it possible that you | please | can't you | I wonder if you can
could you = can you | would you | will you | are you able to
do you like = do you love | do you enjoy | are you fond of | are you into | how do you like | are you a fan of | what do you think of | do you care for | would you say you like
do you have = have you got | have you | is it true that you have | do you own | got
what is your favourite = which is your favourite | tell me your favourite | what would you call your favourite | do you have a favourite | name your favourite | what would be your favourite | say your favourite | what could be your favourite
what is your favorite = which is your favorite | tell me your favorite | do you have a favorite | name your favorite | what would be your favorite
do you have a favourite = is there a favourite | have you got a favourite | what is your favourite | which is your favourite
my favourite = my favorite | my best | my most loved | my beloved
what do you think of = what do you think about | how do you find | what is your opinion of | do you like | how do you feel about | what are your thoughts on | what do you say about | how about | do you have an opinion about
what do you think about = what do you think of | how do you find | what is your opinion about | how do you feel about | what are your thoughts on | what do you say to | tell me your view of
what are you doing = what do you do | what are you up to | what are you busy with | how do you spend your time
what is your = which is your | tell me your | do you have a | what was your | may I know your | what would be your | give me your
what do you know = what can you tell me | what do you remember | what have you learned | which things do you know
what can you do = what are you able to do | what are you capable of | which things can you do | what do you know how to do | what are you good for | what is possible with you | what are your abilities | what are your talents | what can you help with | what do you offer
what should I = what shall I | what could I | what can I | what do you think I should | what would you
how are you doing = how are you | how do you do | how is everything | how is it going | how are things | how have you been | how goes it | how are you getting on
how are you = how are you doing | how do you feel | how is everything with you | how is it going | how are things with you | how do you do | are you well | how have you been
how old = what age | how many years old | of what age
who are you = what are you | who is this | what is this | who am I talking to | who am I speaking with | who is there
where do you live = where is your home | where are you at home | in what place do you live | where do you stay | where are you living | which place do you call home
where are you = in what place are you | where can I find you | where do you sit
do you know = do you remember | can you tell me | have you any idea of | could you say | do you still know
do you remember = do you know | do you still know | can you remember | can you recall | do you recall | have you kept in mind | did you remember
let us talk about = let's talk about | I want to talk about | can we talk about | we could talk about | how about | talk with me about | let us chat about | I would like to discuss | let us speak about
let us = let's | we should | shall we | how about we | why don't we | I want to | come on, let us
I would like to = I want to | I'd like to | I wish to | I'd love to | I hope to | I would love to | I feel like I want to
I want to = I would like to | I wish to | I'd like to | I'd love to | I hope to | I plan to | I really want to | I am keen to
I need = I want | I require | I could use | I would like | I am looking for | I must have
I have to = I must | I need to | I've got to | I should | I gotta | I am supposed to
I must = I have to | I need to | I've got to | I should
I like = I love | I enjoy | I really like | I'm fond of | I adore | I am into | I'm a fan of | I am crazy about | I care a lot for | I am keen on | I do like | I am a big fan of
I love = I like | I adore | I really love | I'm crazy about | I really enjoy | I am mad about | I just love | I am a big fan of | I cannot live without
I enjoy = I like | I love | I really enjoy | I take pleasure in | I am fond of
I hate = I really dislike | I do not like | I cannot stand | I'm not a fan of | I am no friend of | I dislike | I can't bear | I am not into | I detest
I do not like = I don't like | I dislike | I hate | I'm not fond of | I am not a fan of | I cannot stand | I don't enjoy | I have never liked
my hobby is = in my spare time I do | I spend my free time with | my pastime is | what I like to do is | my passion is | most of my free time goes into | I am passionate about
I feel = I am | I'm | I am feeling | I am kind of | I feel a bit | I feel so | I feel really | right now I am | today I feel
I am feeling = I feel | I am | I'm | lately I am | at the moment I feel
I am very = I'm so | I am really | I feel very | I am extremely | I am quite | I am pretty
I am so = I'm so | I am very | I feel so | I am really | I am terribly
I live in = my home is in | my flat is in | my apartment is in | my house is in | I am living in | I have lived for years in | I reside in | I am at home in | I moved to | I stay in | I dwell in | I am based in
I am from = I come from | I was born in | my home is | my family is from | I grew up in | my roots are in | I'm from | my family comes from
I come from = I am from | I was born in | I'm from | I grew up in | my family comes from
I work as = I am employed as | I earn my money as | my job is to be | my profession is | I make a living as | for a living I am | I have a job as
I have a = I've got a | I own a | there is a | I got a | we have a | at home I have a | I keep a
I have an = I've got an | I own an | we have an | I got an
my name is = I am called | I am | I'm | they call me | people call me | call me | you can call me | everybody calls me | my friends call me | the name is | I go by
what is my name = what am I called | how am I called | do you know my name | tell me my name | say my name | do you remember my name | which name do I have | what name did I give you | who am I
I bought = I got | I purchased | I have bought | I just bought
I went to = I visited | I was at | I have been to | I drove to | I walked to
I lost = I cannot find | I can't find | I have lost | I misplaced
good day = nice day | great day | wonderful day | lovely day | fine day
bad day = terrible day | awful day | hard day | horrible day | rough day | tough day
good morning = morning | a good morning | a very good morning
see you = see ya | I will see you | till we meet
goodbye = bye | bye bye | farewell | so long | bye now | see you
bye = goodbye | bye bye | bye now | farewell | see you | cheerio
thank you = thanks | thank you very much | many thanks | thanks a lot | thank you so much | thanks so much | thank you kindly
thanks = thank you | thanks a lot | many thanks | thx | thanks so much | thank you very much
hello = hi | hey | hello there | hi there | hey there | good day | greetings
hi = hello | hey | hi there | hello there | hey there
please = kindly | if you can | if possible
yes = yeah | yep | yes indeed | sure | yup | of course | certainly | oh yes
no = nope | nah | no way | not at all | oh no | certainly not
of course = sure | certainly | naturally | absolutely | definitely
maybe = perhaps | possibly | probably | I guess
okay = ok | alright | all right | fine | well | right
very = really | so | extremely | quite | truly | incredibly | super | pretty
really = very | truly | honestly | so
great = wonderful | fantastic | terrific | amazing | super | excellent | brilliant | awesome | marvellous | perfect | lovely | splendid
good = fine | nice | great | pretty good | very good | quite good
nice = lovely | pleasant | sweet | fine | great | pretty
happy = glad | cheerful | delighted | content | joyful | in a good mood | pleased | over the moon
glad = happy | pleased | delighted
sad = unhappy | down | blue | depressed | gloomy | upset | heartbroken | low | miserable
angry = mad | furious | annoyed | upset | cross | irritated
tired = sleepy | exhausted | weary | worn out | drowsy | drained
bored = bored to death | so bored | terribly bored
hungry = starving | so hungry | famished
afraid = scared | frightened | worried | anxious
scared = afraid | frightened | terrified
nervous = anxious | tense | worried | restless
stressed = overworked | under pressure | overwhelmed | stressed out | burned out
sick = ill | unwell | poorly | not well
lonely = alone | all alone | isolated | forgotten
beautiful = pretty | lovely | gorgeous | wonderful | handsome
smart = clever | intelligent | bright | brilliant | wise
clever = smart | intelligent | bright
stupid = dumb | silly | foolish | dull | not smart
funny = amusing | hilarious | witty | comical | entertaining
boring = dull | tedious | not interesting | monotonous
strange = weird | odd | peculiar | unusual
difficult = hard | tough | complicated
small = little | tiny | short
big = large | huge | great
fast = quick | rapid | speedy
new = brand new | fresh
old = aged | ancient
job = work | profession | occupation
work = job
friend = buddy | pal | mate | companion
friends = buddies | pals | mates
house = home | place
film = movie
films = movies
movie = film
movies = films
book = novel
song = tune
songs = tunes | music
food = dish | meal
meal = dish
favourite = favorite | preferred | best loved
colour = color
holiday = vacation | trip
picture = image | photo
photo = picture
phone = mobile | cell phone | smartphone
car = automobile | auto
computer = PC | machine | laptop
mother = mum | mom
father = dad | daddy
brother = little brother | big brother
sister = little sister | big sister
grandmother = grandma | granny
grandfather = grandpa | granddad
child = kid
children = kids
neighbour = neighbor
boss = manager | chief
doctor = physician
money = cash
talk = chat | speak
talking = chatting | speaking
chat = talk
speak = talk
say = tell me
answer = reply
ask = question
help = assist | support
like = love | enjoy
love = adore | like
create = make | build
created = made | built
made = created | built | developed
eat = have
cook = prepare | make
buy = get
start = begin
begin = start
happened = went on | took place
understand = get | follow
remember = recall
forget = lose
sleep = rest
today = this day | right now | at the moment | now
now = right now | at the moment | at present
right now = now | at the moment | at present
yesterday = the other day | last night
tomorrow = soon | the day after today | next day
often = frequently | regularly | a lot
sometimes = now and then | from time to time | at times
always = all the time | every time
also = too
something = anything | some thing
nothing = not a thing | nothing at all
everything = all of it | all things
everybody = everyone
interesting = fascinating | exciting | curious
important = essential | relevant
terrible = awful | horrible | bad | dreadful
awful = terrible | horrible | dreadful
wonderful = great | marvellous | amazing
enough = plenty
a lot = very much | a great deal | so much
weather = weather outside
rain = showers
it is raining = it rains | rain is falling | it is wet outside | it pours
the sun is shining = it is sunny | there is sunshine | the sky is clear
because of = due to
spare time = free time | leisure time
free time = spare time | leisure time
"""


def _compile() -> tuple[re.Pattern, dict[str, list[str]]]:
    table: dict[str, list[str]] = {}
    for line in _RULES.strip().splitlines():
        k, _, v = line.partition(" = ")
        table[k.strip().lower()] = [x.strip() for x in v.split(" | ")]
    keys = sorted(table, key=len, reverse=True)
    return re.compile(r"(?<![\w'])(" + "|".join(map(re.escape, keys)) + r")(?![\w'])", re.I), table


_PATTERN, _TABLE = _compile()


def paraphrase(rng: random.Random, text: str, keep: tuple[str, ...] = (), rate: float = 0.3) -> str:
    """`text` with some phrases exchanged. Words in `keep` (what the answer repeats) stay."""
    if rng.random() > 0.55:
        return text
    kept = " ".join(keep).lower()

    def other(m: re.Match) -> str:
        w = m.group(0)
        if rng.random() > rate or w.lower() in kept:
            return w
        new = rng.choice(_TABLE[w.lower()])
        at_start = m.start() == 0 or text[m.start() - 2:m.start()] in (". ", "! ", "? ")
        if at_start:
            return new[:1].upper() + new[1:]
        return new
    return _PATTERN.sub(other, text)
