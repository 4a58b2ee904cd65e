"""Where things are drawn."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from clew.views.layout import HEIGHT, WIDTH, arrange

SIZES = st.integers(1, 40)


@st.composite
def graphs(draw):
    size = draw(SIZES)
    ends = st.integers(0, size - 1)
    return list(range(size)), draw(st.lists(st.tuples(ends, ends, st.booleans()), max_size=3 * size))


@given(graphs())
def test_everything_has_a_place_and_no_two_overlap(graph):
    ids, links = graph
    places = arrange(ids, links)
    assert sorted(places) == ids
    for (x1, y1), (x2, y2) in combinations(places.values(), 2):
        assert abs(x1 - x2) >= WIDTH - 0.01 or abs(y1 - y2) >= HEIGHT - 0.01


@given(graphs())
def test_the_same_graph_always_gives_the_same_places(graph):
    ids, links = graph
    assert arrange(ids, links) == arrange(list(ids), reversed(links))


@given(graphs())
def test_the_start_stands_first_in_its_own_part(graph):
    ids, links = graph
    places = arrange(ids, links)
    assert places[0][0] == 0


def test_what_is_further_from_the_start_stands_further_to_the_right():
    places = arrange([0, 1, 2, 3], [(0, 1, False), (2, 1, False), (2, 3, False)])
    assert places[0][0] < places[1][0] < places[2][0] < places[3][0]


def test_a_crowd_is_drawn_in_the_shape_of_a_screen_and_not_as_one_column():
    places = arrange(range(201), [(0, other, False) for other in range(1, 201)])
    across = max(x for x, _ in places.values())
    down = max(y for _, y in places.values()) - min(y for _, y in places.values())
    assert 0.7 < across / down < 2


def test_what_hangs_together_with_nothing_stands_below_in_rows():
    places = arrange(range(12), [(0, 1, False)])
    below = [places[one] for one in range(2, 12)]
    assert min(y for _, y in below) > max(places[0][1], places[1][1])
    assert len({x for x, _ in below}) > 1
