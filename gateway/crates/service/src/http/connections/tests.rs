//! Who has a permit, and who makes room.

use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn there(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn connections(all: usize, of_address: usize) -> Connections {
    Connections::new(ConnectionLimits { all, of_address }, ConnectionCounters::default())
}

async fn is_closed(permit: &Permit) -> bool {
    tokio::time::timeout(Duration::ZERO, permit.activity.evicted()).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn the_longest_idle_makes_room_for_a_new_one() {
    let connections = connections(3, 3);
    let mut permits = Vec::new();
    for _ in 0..3 {
        permits.push(connections.admit(HERE).unwrap());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let busy = permits[0].activity.begin();
    let fourth = connections.admit(HERE).unwrap();
    assert_eq!(fourth.activity.service(), Service::All);
    assert!(!is_closed(&permits[0]).await && is_closed(&permits[1]).await && !is_closed(&permits[2]).await);
    // Its request has ended after the others were accepted.
    drop(busy);
    connections.admit(HERE).unwrap();
    assert!(is_closed(&permits[2]).await && !is_closed(&permits[0]).await);
    assert_eq!(connections.load().taken, 2);
    drop((permits, fourth));
    assert_eq!(connections.load().taken, 0);
}

#[tokio::test(start_paused = true)]
async fn where_all_are_at_work_there_is_a_reserve_for_operators() {
    let connections = connections(2, 2);
    let permits = [HERE, there(1)].map(|ip| connections.admit(ip).unwrap());
    let _busy = permits.each_ref().map(|permit| permit.activity.begin());
    let reserved: Vec<Permit> = (0..RESERVE).map(|_| connections.admit(there(2)).unwrap()).collect();
    assert!(reserved.iter().all(|permit| permit.activity.service() == Service::Operators));
    // Silent ones make room there too.
    assert_eq!(connections.admit(there(3)).unwrap().activity.service(), Service::Operators);
    assert!(is_closed(&reserved[0]).await);
    tokio::time::advance(RESERVED_FOR).await;
    connections.sweep();
    assert!(is_closed(&reserved[1]).await);
}

#[tokio::test(start_paused = true)]
async fn one_address_has_no_more_than_its_part() {
    let connections = connections(8, 2);
    let permits = [there(1), there(1)].map(|ip| connections.admit(ip).unwrap());
    let busy = permits.each_ref().map(|permit| permit.activity.begin());
    let service = |ip| connections.admit(ip).unwrap().activity.service();
    assert_eq!((service(there(1)), service(there(2))), (Service::Operators, Service::All));
    drop(busy);
    assert_eq!(service(there(1)), Service::All, "its own idle one makes room");
    // A host has a whole network of IPv6 addresses.
    let six = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
    let permits = [six(1), six(2)].map(|ip| connections.admit(ip).unwrap());
    let _busy = permits.each_ref().map(|permit| permit.activity.begin());
    assert_eq!(service(six(3)), Service::Operators);
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_connection() {
    let connections = connections(4, 4);
    let (silent, idle) = (connections.admit(HERE).unwrap(), connections.admit(HERE).unwrap());
    idle.activity.received();
    tokio::time::advance(FIRST_BYTE).await;
    connections.sweep();
    assert!(is_closed(&silent).await && !is_closed(&idle).await);
    // Idle ones stay for longer, unless there is a crowd.
    tokio::time::advance(IDLE_WHEN_CROWDED).await;
    connections.sweep();
    assert!(!is_closed(&idle).await);
    let crowd: Vec<Permit> = (0..3).map(|_| connections.admit(HERE).unwrap()).collect();
    connections.sweep();
    assert!(is_closed(&idle).await && !is_closed(&crowd[0]).await);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_for_its_client_is_work() {
    let connections = connections(1, 1);
    let permit = connections.admit(HERE).unwrap();
    let service = || connections.admit(HERE).unwrap().activity.service();
    permit.activity.writing();
    assert_eq!(service(), Service::Operators);
    permit.activity.written();
    assert_eq!(service(), Service::All);
}

#[tokio::test(start_paused = true)]
async fn those_that_make_room_are_heard_for_a_moment_up_to_a_bound() {
    let connections = connections(1, 1);
    let permits: Vec<Permit> = (0..MOST_LEAVING + 2).map(|_| connections.admit(HERE).unwrap()).collect();
    let is_over = async |permit: &Permit| tokio::time::timeout(LAST_WORDS / 2, permit.activity.closed()).await.is_ok();
    // The last one has the permit; the one before it is one too many.
    assert!(!is_over(&permits[0]).await && is_over(&permits[MOST_LEAVING]).await);
    assert!(!is_closed(&permits[MOST_LEAVING + 1]).await);
    drop(permits);
    assert!(connections.open().leaving.is_empty());
}
