"""Word lists of the corpus. Plain data: no list is longer than it needs to be for variety."""

from __future__ import annotations

import random


def _w(text: str) -> list[str]:
    """Splits a block of comma separated entries; entries may hold spaces."""
    out = [" ".join(x.split()) for x in text.replace("\n", ",").split(",")]
    return list(dict.fromkeys(x for x in out if x))


NAMES = _w("""
Anna, Ben, Clara, David, Emma, Finn, Grace, Henry, Ivy, Jack, Kate, Leo, Mia, Noah, Olivia, Paul, Quinn, Rosa, Sam, Tom,
Uma, Victor, Wendy, Xavier, Yara, Zoe, Alice, Bob, Carla, Daniel, Eva, Frank, Gina, Hugo, Ida, James, Karen, Lucas, Maria,
Nina, Oscar, Petra, Ravi, Sarah, Tim, Ursula, Vera, Walter, Yusuf, Zara, Adam, Bella, Carlos, Diana, Eric, Fiona, George,
Hannah, Igor, Julia, Kevin, Laura, Max, Nora, Omar, Peter, Rachel, Simon, Tina, Aisha, Boris, Chloe, Dylan, Elena, Felix,
Gloria, Hans, Irene, Jonas, Kim, Linda, Mark, Nadia, Otto, Paula, Robert, Sofia, Thomas, Vincent, Amir, Beth, Colin, Dora,
Edgar, Freya, Greta, Harry, Isabel, Jan, Klara, Liam, Martin, Naomi, Oliver, Priya, Rita, Stefan, Tara, Ulf, Viktor, Will,
Yuki, Abel, Bruno, Cora, Dennis, Ella, Fred, Gabriel, Helen, Ian, Jane, Kurt, Lena, Mohammed, Nick, Olga, Pablo, Ruth,
Steve, Theo, Valerie, Wanda, Alex, Andrea, Charlie, Chris, Jamie, Jordan, Lee, Morgan, Pat, Robin, Sandra, Michael, John,
Mary, Patricia, Jennifer, William, Elizabeth, Barbara, Richard, Susan, Joseph, Jessica, Charles, Lisa, Matthew, Nancy,
Anthony, Betty, Donald, Margaret, Steven, Ashley, Andrew, Emily, Joshua, Donna, Kenneth, Michelle, Brian, Carol, Amanda,
Edward, Melissa, Ronald, Deborah, Stephanie, Jason, Rebecca, Jeffrey, Sharon, Ryan, Cynthia, Jacob, Kathleen, Gary, Amy,
Nicholas, Angela, Jonathan, Shirley, Larry, Brenda, Justin, Pamela, Scott, Nicole, Brandon, Samantha, Benjamin, Katherine,
Samuel, Christine, Gregory, Debra, Alexander, Raymond, Janet, Dave, Joe, Mike, Kate, Lily, Lucy, Rose, Ali, Chen, Wei, Mei,
Hiro, Kenji, Sven, Lars, Ingrid, Astrid, Bjorn, Luca, Marco, Giulia, Pierre, Marie, Juan, Miguel, Lucia, Diego, Ana, Ivan,
Natasha, Dmitri, Katya, Fatima, Hassan, Layla, Kofi, Amara, Zainab, Arjun, Anika, Rohan, Deepa, Minh, Linh, Thandi, Tariq
""")

PET_NAMES = _w("""
Rex, Bella, Max, Luna, Charlie, Milo, Coco, Rocky, Daisy, Buddy, Whiskers, Shadow, Ginger, Oreo, Pepper, Simba, Nala,
Biscuit, Snowy, Tiger, Bruno, Fluffy, Lucky, Molly, Teddy, Peanut, Ziggy, Mochi, Pixel, Cookie, Bubbles, Felix, Spot,
Patches, Smokey, Waffles, Ruby, Toby, Muffin, Pickles, Nugget, Olive, Sunny, Bandit, Kiwi, Mango, Blackie, Socks, Misty
""")

ANIMALS = _w("""
cat, dog, horse, cow, pig, sheep, goat, duck, hen, rabbit, mouse, fox, wolf, bear, lion, tiger, elephant, giraffe, zebra,
monkey, owl, eagle, parrot, penguin, frog, snake, turtle, fish, whale, dolphin, shark, bee, butterfly, spider, ant, deer,
squirrel, hedgehog, otter, seal, camel, kangaroo, koala, panda, swan, crow, robin, crab, octopus, snail, hamster, donkey,
badger, beaver, bat, goose, turkey, lizard, crocodile, rhino, hippo, leopard, cheetah, gorilla, sparrow, pigeon, peacock
""")

PETS = _w("dog, cat, rabbit, hamster, parrot, fish, turtle, horse, guinea pig, mouse, snake, lizard, canary, pony, kitten, puppy")

FOODS = _w("""
pizza, pasta, soup, bread, cheese, rice, salad, chocolate, ice cream, apple pie, pancakes, sushi, tacos, curry, noodles,
potatoes, fried eggs, sandwiches, burgers, strawberries, cake, cookies, lasagna, dumplings, ramen, fish and chips, steak,
chicken, tofu, beans, mushrooms, tomatoes, spaghetti, waffles, honey, yoghurt, popcorn, nuts, olives, falafel, hummus,
risotto, paella, goulash, stew, porridge, muesli, mango, watermelon, bananas, oranges, grapes, cherries, blueberries,
carrots, broccoli, spinach, avocado, garlic bread, omelette, croissants, bagels, muffins, donuts, pie, kebab, burritos,
salmon, shrimp, lobster, meatballs, vegetables, fruit, corn, peanut butter, jam, toast, cereal, dark chocolate, sweets,
chips, french fries, hot dogs, roast beef, mashed potatoes, quiche, pretzels, gnocchi, kimchi, pho, pad thai, tiramisu
""")

FRUITS = _w("""
apple, banana, cherry, orange, lemon, grape, peach, pear, plum, mango, melon, kiwi, lime, fig, date, apricot, papaya,
coconut, pineapple, strawberry, raspberry, blueberry, blackberry, cranberry, pomegranate, guava, lychee, nectarine
""")

DRINKS = _w("tea, coffee, water, juice, milk, lemonade, hot chocolate, orange juice, green tea, cola, apple juice, a smoothie")

# colour -> something of that colour
COLORS = {
    "blue": "the sky", "red": "ripe tomatoes", "green": "fresh grass", "yellow": "sunflowers", "orange": "a glowing forge",
    "purple": "violets", "pink": "cherry blossoms", "black": "the night", "white": "fresh snow", "brown": "chocolate",
    "grey": "rain clouds", "gold": "treasure", "silver": "the moon", "turquoise": "a warm sea", "violet": "lavender fields",
}

HOBBIES = _w("""
reading, swimming, hiking, cooking, painting, drawing, dancing, singing, running, cycling, gardening, fishing, knitting,
photography, chess, climbing, skiing, surfing, sailing, camping, baking, yoga, football, basketball, tennis, volleyball,
badminton, table tennis, golf, horse riding, playing the guitar, playing the piano, playing video games, board games,
writing, writing poems, programming, coding, woodworking, bird watching, collecting stamps, stargazing, astronomy, travelling,
learning languages, watching films, going to the cinema, listening to music, sewing, pottery, origami, juggling, skating,
skateboarding, snowboarding, martial arts, boxing, rowing, diving, meditation, walking, jogging, doing puzzles, crosswords,
playing the drums, playing the violin, model trains, robotics, electronics, history, blogging, calligraphy, magic tricks
""")

JOBS = _w("""
teacher, nurse, doctor, engineer, baker, farmer, driver, pilot, chef, programmer, software developer, designer, writer,
painter, musician, plumber, electrician, carpenter, gardener, lawyer, scientist, student, librarian, firefighter, police
officer, shop assistant, waiter, waitress, mechanic, dentist, vet, architect, accountant, journalist, photographer, actor,
tailor, cleaner, postman, builder, hairdresser, biologist, chemist, physicist, salesman, manager, secretary, translator,
bus driver, train driver, cook, butcher, florist, locksmith, judge, soldier, sailor, fisherman, miner, data scientist
""")

CITIES = _w("""
London, Paris, Berlin, Madrid, Rome, Vienna, Prague, Lisbon, Dublin, Oslo, Munich, Hamburg, Cologne, Leipzig, Zurich,
Geneva, Milan, Naples, Venice, Barcelona, Seville, Lyon, Nice, Boston, Chicago, Seattle, Denver, Austin, Dallas, Miami,
Toronto, Montreal, Sydney, Melbourne, Tokyo, Osaka, Kyoto, Seoul, Shanghai, Mumbai, Delhi, Cairo, Nairobi, Lagos, Lima,
Bogota, Santiago, Havana, Istanbul, Athens, Warsaw, Krakow, Budapest, Helsinki, Stockholm, Copenhagen, Bergen, Glasgow,
Edinburgh, Manchester, Liverpool, Bristol, Leeds, Brighton, Oxford, Cambridge, York, Bath, Cardiff, Belfast, Cork, New York,
San Francisco, Los Angeles, Portland, Phoenix, Houston, Detroit, Vancouver, Auckland, Cape Town, Singapore, Bangkok, Hanoi
""")

COUNTRIES_FROM = _w("""
Germany, France, Spain, Italy, Austria, Portugal, Ireland, Norway, Sweden, Finland, Denmark, Poland, Greece, Turkey, Egypt,
Kenya, Nigeria, India, China, Japan, Vietnam, Thailand, Australia, Canada, Mexico, Brazil, Argentina, Chile, Peru, Cuba,
England, Scotland, Wales, Switzerland, Belgium, Hungary, Croatia, Romania, Bulgaria, Ukraine, Iceland, Morocco, Ghana,
Iran, Israel, Pakistan, Indonesia, Korea, Colombia, the Netherlands, the United States, the Czech Republic, New Zealand
""")

OBJECTS = _w("""
ball, book, box, bell, boat, kite, lamp, key, hat, coat, cup, spoon, clock, drum, doll, car, train, truck, bike, basket,
bottle, brush, button, candle, chair, table, bed, door, window, mirror, picture, pencil, pen, paper, ruler, bag, shoe, sock,
scarf, ring, coin, stone, shell, feather, leaf, flower, stick, rope, ladder, bucket, broom, hammer, nail, saw, wheel, flag,
map, letter, stamp, watch, phone, radio, camera, computer, guitar, piano, violin, flute, umbrella, tent, blanket, pillow,
towel, soap, comb, plate, bowl, fork, knife, pot, pan, kettle, teapot, jar, balloon, puzzle, robot, rocket, crown, sword
""")

PLACES = _w("""
park, garden, forest, beach, river, lake, hill, mountain, village, town, city, market, school, library, museum, zoo, farm,
castle, cave, island, bridge, harbour, station, kitchen, attic, cellar, barn, meadow, valley, desert, bakery, playground
""")

ADJECTIVES = _w("""
big, small, old, new, happy, sad, kind, brave, clever, funny, quiet, loud, fast, slow, warm, cold, bright, dark, soft, hard,
sweet, bitter, clean, dirty, heavy, light, long, short, tall, round, strong, weak, young, rich, poor, calm, wild, gentle,
proud, shy, curious, lazy, busy, tired, hungry, thirsty, lucky, simple, strange, pretty, lovely, shiny, golden, tiny, huge
""")

VERBS = _w("""
run, walk, jump, swim, fly, sing, dance, read, write, draw, paint, cook, bake, eat, drink, sleep, dream, laugh, smile, cry,
talk, listen, look, see, hear, think, learn, teach, help, play, work, build, break, open, close, push, pull, carry, throw,
catch, find, lose, buy, sell, give, take, send, bring, wash, clean, cut, grow, climb, ride, drive, travel, visit, wait, win
""")

WEATHER = _w("sunny, rainy, cloudy, windy, snowy, foggy, stormy, cold, hot, warm, freezing, humid, grey, mild, icy, beautiful, terrible, nice")

SEASONS = ["spring", "summer", "autumn", "winter"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]

MUSIC = _w("rock, jazz, pop, classical music, hip hop, metal, folk music, electronic music, blues, punk, opera, techno, reggae, country music, film music")
SPORTS = _w("football, tennis, basketball, swimming, running, cycling, volleyball, hockey, golf, skiing, rugby, cricket, baseball, boxing, handball, gymnastics, judo, rowing, table tennis, climbing")
FILMS = _w("comedies, action films, horror films, science fiction, documentaries, cartoons, thrillers, romantic films, westerns, animated films, musicals, old films")
BOOKS = _w("crime novels, science fiction, fantasy, poetry, history books, comics, biographies, adventure stories, romance novels, fairy tales, short stories, cookbooks")
LANGUAGES = _w("German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Chinese, Japanese, Korean, Arabic, Hindi, Turkish, Swedish, Greek, Latin, Hungarian, Danish, Norwegian, Finnish, Czech, Ukrainian, Vietnamese, Thai")
SUBJECTS = _w("maths, physics, chemistry, biology, history, geography, art, music, English, computer science, sports, philosophy, economics, law, medicine")
RELATIVES = _w("mother, father, sister, brother, grandmother, grandfather, aunt, uncle, cousin, friend, neighbour, boss, teacher, daughter, son, wife, husband, best friend, colleague, roommate")

# Topics the models are not taught anything about; they learn to say so.
TOPICS = _w("""
quantum mechanics, the stock market, black holes, the French Revolution, neural networks, photosynthesis, string theory, the
Roman Empire, medieval castles, jazz history, the theory of relativity, plate tectonics, ancient Egypt, the Cold War, organic
chemistry, tax law, car engines, wine making, game theory, cell biology, the immune system, climate models, world politics,
the housing market, ocean currents, the history of chess, Greek philosophy, modern art, ballet, the human genome, electric
motors, nuclear fusion, blockchain, bitcoin, machine learning, compilers, operating systems, databases, the internet, cloud
computing, robotics, space travel, the moon landing, dinosaurs, volcanoes, earthquakes, tornadoes, deep sea fish, coral
reefs, rain forests, bird migration, beekeeping, cheese making, the silk road, the vikings, samurai, the inca empire, the
industrial revolution, steam engines, bridge building, skyscrapers, sailing ships, submarines, airplanes, helicopters,
jet engines, railways, electric cars, solar panels, wind turbines, batteries, semiconductors, lasers, microscopes, telescopes,
vaccines, antibiotics, heart surgery, dentistry, psychology, dreams, memory, language families, Latin grammar, Persian poetry, Shakespeare's sonnets, the baroque, impressionism, opera singers, guitar tuning, piano building, film editing, comic
books, video game design, football tactics, the Olympic games, marathon training, yoga poses, cooking techniques, baking bread, wine
pairing, tea ceremonies, coffee roasting, fashion history, shoe making, carpentry, pottery glazes, glass blowing, gold mining, diamonds,
gemstones, fossil hunting, meteorites, comets, Saturn's rings, dark matter, gravity waves, time travel, the big bang, magnetism,
radio waves, satellites, GPS, cryptography, hacking, video compression, music theory, statistics, calculus, linear algebra,
topology, prime number theory, logic, the stock exchange, inflation, central banks, trade law, patents, elections, democracy,
the United Nations, the European Union, human rights, immigration, farming, soil science, tractors, fishing nets, whales'
songs, ant colonies, spider webs, snake venom, breeding dogs, horse racing, falconry, insurance, mortgages, investing, diet plans
""")

UNKNOWN_PEOPLE_ACTS = _w("""
won the world cup in, was the king of Spain in, was the prime minister in, wrote the best book of, won the Oscar in, ruled Rome in the
year, discovered the most in, was the richest person in, won the tour de France in, was the best player in, led the army in
""")

_ON = _w("b, c, d, f, g, h, j, k, l, m, n, p, r, s, t, v, w, z, br, cr, dr, fl, gr, kl, pl, pr, sh, sl, sn, st, str, th, tr, ch, bl, gl")
_NU = _w("a, e, i, o, u, a, e, i, o, u, ai, ea, ee, oo, ou")
_CO = ["", "", "", "n", "r", "l", "s", "t", "m", "k", "d", "x", "p", "ck", "nd", "rt", "st", "ng", "lt", "sh"]


def pseudo_word(rng: random.Random, syllables: int | None = None) -> str:
    """A pronounceable word that (almost surely) is in no list: copying it cannot be done by memory."""
    n = syllables or rng.choice((1, 2, 2, 2, 3))
    if rng.random() < 0.45:       # softer: Belo, Kanita, Tomirski
        w = "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiouaeio") for _ in range(n)) if n > 1 else rng.choice("bdfgklmnprstvz") + rng.choice("aeiou")
        if rng.random() < 0.25:
            w = rng.choice("aeiou") + w
        if rng.random() < 0.25:
            i = rng.randrange(1, len(w))
            w = w[:i] + rng.choice("lmnrst") + w[i:]
        return w + rng.choice(("", "", "", "n", "s", "r", "l", "ki", "ski", "er", "y", "lo", "lla", "na", "tt", "man", "son", "ia", "el"))
    return "".join(rng.choice(_ON) + rng.choice(_NU) + rng.choice(_CO) for _ in range(n))


COMMON = sorted({w.lower() for lst in (ANIMALS, FRUITS, OBJECTS, PLACES, ADJECTIVES, VERBS, list(COLORS), SEASONS)
                 for w in lst if " " not in w} | set(_w("""
hello, world, time, year, people, way, day, man, woman, child, life, hand, part, eye, place, week, case, point, number, group,
problem, fact, water, fire, earth, air, sun, moon, star, rain, snow, wind, cloud, storm, night, morning, evening, house, home,
room, wall, floor, roof, street, road, path, field, tree, grass, root, seed, fruit, bread, butter, salt, sugar, pepper, oil,
money, price, shop, work, job, game, song, word, name, story, question, answer, idea, dream, love, hope, fear, joy, peace,
war, king, queen, prince, knight, dragon, giant, witch, magic, ghost, angel, friend, family, mother, father, sister, brother,
baby, head, face, nose, mouth, ear, hair, neck, arm, leg, foot, heart, blood, bone, skin, finger, thumb, shoulder, stomach,
music, art, science, history, language, letter, sentence, page, paper, school, class, lesson, test, science, energy, power,
light, sound, color, shape, size, weight, speed, heat, ice, steam, metal, iron, steel, copper, glass, wood, stone, plastic,
cotton, wool, silk, leather, engine, machine, tool, forge, anvil, ember, spark, flame, smith, model, token, plugin, memory,
kernel, system, program, file, screen, keyboard, button, network, planet, rocket, space, ocean, river, island, coast, wave,
breakfast, lunch, dinner, kitchen, garden, window, ticket, travel, holiday, summer, winter, hospital, medicine, doctor, police,
yesterday, today, tomorrow, always, never, often, little, beautiful, important, different, possible, difficult, easy, early,
late, open, ready, free, full, empty, right, wrong, true, false, first, second, third, last, next, same, other, every, many
""")))

# Everyday words for sentences the models have no special answer to.
EXTRA_NOUNS = _w("""
passport, deadline, thunderstorm, essay, keyboard, ticket, invoice, contract, receipt, envelope, parcel, suitcase, backpack, wallet, helmet, bracelet, necklace, earring, perfume, shampoo, toothbrush, mattress, curtain, carpet, sofa,
shelf, drawer, cupboard, stove, oven, fridge, freezer, blender, toaster, dishwasher, vacuum cleaner, light bulb, battery, charger, cable, screen, printer, scanner, speaker, headphone, microphone, antenna, satellite, engine, tyre,
bumper, windscreen, motorway, crossroads, traffic light, roundabout, tunnel, pavement, sidewalk, bench, fountain, statue, monument, cathedral, temple, church, mosque, palace, tower, skyscraper, factory, warehouse, office, laboratory,
theatre, stadium, swimming pool, gym, restaurant, cafe, bar, hotel, hostel, campsite, airport, harbour, lighthouse, windmill, greenhouse, vineyard, orchard, swamp, cliff, waterfall, glacier, volcano, canyon, meteor, comet, galaxy,
planet, telescope, microscope, thermometer, compass, calculator, calendar, diary, newspaper, magazine, poster, painting, sculpture, photograph, postcard, dictionary, novel, chapter, paragraph, sentence, grammar, accent, proverb,
riddle, melody, rhythm, orchestra, choir, concert, festival, parade, wedding, funeral, birthday, anniversary, graduation, exam, lecture, homework, teacher, pupil, headmaster, professor, president, minister, mayor, judge, lawyer,
witness, thief, burglar, prison, police car, ambulance, fire brigade, surgeon, patient, medicine, pill, bandage, vaccine, allergy, fever, wound, scar, muscle, bone, skeleton, stomach, lung, liver, kidney, brain, nerve, muscle,
eyebrow, moustache, beard, wrinkle, tattoo, uniform, costume, jacket, sweater, trousers, shorts, skirt, dress, glove, boot, sandal, umbrella, sunglasses, belt, zip, pocket, button, thread, needle, scissors, glue, tape, brush, bucket,
ladder, screw, drill, saw, axe, shovel, rake, lawn, fence, gate, chimney, balcony, staircase, elevator, basement, attic, landlord, tenant, rent, mortgage, salary, bonus, tax, insurance, bank account, loan, debt, budget, investment,
customer, supplier, competitor, meeting, presentation, project, strategy, problem, solution, mistake, accident, emergency, disaster, earthquake, flood, drought, hurricane, fog, frost, hail, breeze, sunrise, sunset, shadow, echo,
spaceship, alien, wizard, vampire, zombie, pirate, treasure, secret, rumour, promise, lie, truth, opinion, argument, conflict, agreement, peace treaty, election, vote, party, law, crime, punishment, freedom, culture, tradition,
recipe, ingredient, flavour, spice, vinegar, mustard, pepper, cinnamon, vanilla, dough, flour, yeast, pastry, dessert, snack, breakfast, supper, buffet, menu, waiter, bill, tip, cook, kitchen, pan, bottle opener, corkscrew, napkin,
champion, goalkeeper, referee, coach, team, league, medal, trophy, match, tournament, race track, bicycle lane, motorbike, scooter, tram, subway, ferry, canoe, parachute, balloon, helicopter, pilot, passenger, captain, crew, cargo
""")
EXTRA_VERBS = _w("""
painted, repaired, cleaned, moved, lifted, dropped, spilled, burned, froze, melted, opened, closed, locked, unlocked, ordered, delivered, returned, borrowed, lent, rented, sold, stole, hid, discovered, noticed, ignored, forgot,
remembered, mentioned, explained, described, discussed, cancelled, postponed, planned, organized, prepared, designed, built, destroyed, damaged, fixed, tested, measured, counted, compared, chose, refused, accepted, offered, promised,
admired, envied, missed, feared, enjoyed, hated, praised, blamed, visited, left, reached, crossed, followed, chased, caught, threw, kicked, pushed, pulled, carried, wore, washed, ironed, sewed, cut, tied, wrapped, packed, filled,
emptied, mixed, poured, tasted, smelled, heard, watched, read, wrote, copied, printed, sent, received, downloaded, deleted, saved, installed, started, stopped, finished, continued, changed, improved, collected, lost, found, won
""")
EXTRA_ADJ = _w("""
ancient, modern, expensive, cheap, broken, empty, full, heavy, wooden, metal, plastic, golden, rusty, dusty, muddy, wet, dry, frozen, boiling, spicy, salty, bitter, sour, fresh, rotten, raw, crispy, soft, smooth, rough, sharp, blunt,
narrow, wide, deep, shallow, steep, flat, round, square, crooked, straight, bright, dim, pale, colourful, transparent, noisy, silent, crowded, lonely, famous, unknown, popular, rare, common, foreign, local, national, official, private,
public, secret, legal, illegal, dangerous, safe, healthy, poisonous, strange, normal, perfect, terrible, awful, fantastic, boring, exciting, difficult, simple, complicated, useful, useless, necessary, impossible, possible, urgent
""")
