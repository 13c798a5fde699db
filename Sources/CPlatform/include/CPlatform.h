// Linux calls that Swift's Glibc module does not show: recvmmsg, sendmmsg, UDP_SEGMENT, epoll,
// eventfd, thread affinity. Structures that Swift fills are declared here with the kernel's layout;
// platform.c proves the layouts. No glibc header that depends on _GNU_SOURCE is included here,
// because clang modules would then disagree about its contents.
#ifndef C_ROSTRUM_PLATFORM_H
#define C_ROSTRUM_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

// The layout of struct iovec (proved in platform.c).
struct c_rostrum_iovec {
    void *base;
    size_t length;
};

// The layout of struct mmsghdr on 64-bit Linux (proved in platform.c).
struct c_rostrum_message {
    void *name;
    uint32_t name_length;
    uint32_t padding0;
    struct c_rostrum_iovec *vectors;
    size_t vector_count;
    void *control;
    size_t control_length;
    int32_t flags;
    uint32_t padding1;
    uint32_t length;
    uint32_t padding2;
};

// An address in the form that both families share: 16 bytes in network order, IPv4 mapped.
struct c_rostrum_address {
    uint8_t bytes[16];
    uint16_t port;
};

// Room for one sockaddr of either family, and for the control data of one message.
struct c_rostrum_sockaddr { uint64_t space[4]; };
struct c_rostrum_control { uint64_t space[16]; };

// Every function returns -errno on failure.

// A non-blocking UDP socket bound to `address` (dual-stack when it is `::`), with receive timestamps
// and buffers of `buffer_bytes` where the system allows. IPv4-only where the machine has no IPv6.
// Bound to every address, it says of each datagram which one that came to. With `shares`, other sockets
// that share may have the port, too (SO_REUSEPORT).
int c_rostrum_udp_open(
    const struct c_rostrum_address *address, int buffer_bytes, int shares, int *is_ipv6);
int c_rostrum_udp_local_port(int fd);
// Gives each source address and port one of the `count` sockets that share a port, in the order in which
// they were bound (SO_ATTACH_REUSEPORT_CBPF). For any one of them.
int c_rostrum_udp_steer(int fd, unsigned count);

uint32_t c_rostrum_sockaddr_encode(
    const struct c_rostrum_address *address, int is_ipv6, struct c_rostrum_sockaddr *out);
int c_rostrum_sockaddr_decode(
    const struct c_rostrum_sockaddr *in, struct c_rostrum_address *out);

// Lets the kernel hand over several datagrams of one source as one message (UDP_GRO).
int c_rostrum_udp_coalesce(int fd);

int c_rostrum_receive(int fd, struct c_rostrum_message *messages, unsigned count);
int c_rostrum_send(int fd, struct c_rostrum_message *messages, unsigned count);

// The kernel's receive time (SO_TIMESTAMPNS, wall clock) of a received message in ns; 0 without.
int64_t c_rostrum_receive_time(const struct c_rostrum_message *message);
// The size of the datagrams in a received message, the last of which may be smaller (UDP_GRO); 0 when it
// is one datagram.
int c_rostrum_receive_segment(const struct c_rostrum_message *message);
// The address of this machine that a received message came to (IP_PKTINFO); -ENOENT without.
int c_rostrum_receive_local(
    const struct c_rostrum_message *message, struct c_rostrum_address *out);
// Fills in a message's control data. `segment_size`: makes it a UDP_SEGMENT message of equal segments
// (the last may be shorter); 0: one datagram. `local`: the address to send from; NULL: the kernel's
// choice.
void c_rostrum_set_control(
    struct c_rostrum_message *message, struct c_rostrum_control *control, uint16_t segment_size,
    const struct c_rostrum_address *local, int is_ipv6);

// Makes a UDP_SEGMENT message an ordinary one; the address to send from stays.
void c_rostrum_clear_segments(struct c_rostrum_message *message);

// Where opening a TUN device failed.
enum c_rostrum_tunnel_step {
    C_ROSTRUM_TUNNEL_NAMESPACE = 1,
    C_ROSTRUM_TUNNEL_OPEN,
    C_ROSTRUM_TUNNEL_ATTACH,
    C_ROSTRUM_TUNNEL_ADDRESS,
    C_ROSTRUM_TUNNEL_UP,
};

// A non-blocking TUN device of that name, which is made when it is not there, in a network namespace
// (the path of its file; NULL: that of the calling thread, which is back in its own afterwards). With
// `prefix` 1 to 32 it gets that IPv4 address (host order) and is brought up; with 0 it stays as it is.
int c_rostrum_tunnel_open(
    const char *name, const char *network, uint32_t ipv4, int prefix, int *step);
// One packet, from its IP header on.
long c_rostrum_tunnel_read(int fd, void *bytes, size_t count);
long c_rostrum_tunnel_write(int fd, const void *bytes, size_t count);

int c_rostrum_epoll_open(void);
int c_rostrum_epoll_add(int epoll, int fd, uint64_t token);
// Waits at most `timeout_ns` (negative: for ever); writes up to `count` tokens, 256 at most, and returns
// how many.
int c_rostrum_epoll_wait(int epoll, uint64_t *tokens, int count, int64_t timeout_ns);
int c_rostrum_event_open(void);
void c_rostrum_event_signal(int fd);
void c_rostrum_event_clear(int fd);
void c_rostrum_close(int fd);

uint64_t c_rostrum_monotonic_ns(void);
int64_t c_rostrum_wall_ns(void);
// Sleeps until a moment of the monotonic clock, whatever comes meanwhile.
void c_rostrum_sleep_until(uint64_t monotonic_ns);
// CPU time of the calling thread.
uint64_t c_rostrum_thread_cpu_ns(void);

// Names the calling thread and asks for sharp timers (PR_SET_TIMERSLACK 1 ns).
void c_rostrum_prepare_thread(const char *name);
// Lets the calling thread go before those of usual priority, where the system allows (CAP_SYS_NICE).
void c_rostrum_prefer_thread(void);
// Lets this process open as many files as its hard limit allows; returns how many those are.
int64_t c_rostrum_raise_open_files(void);
// Keeps the calling thread on the CPU with that place among those that it may run on; -errno when there
// is none.
int c_rostrum_pin_thread(int place);
// The CPUs that the calling thread may run on.
int c_rostrum_cpu_count(void);

// Fills `out` with up to `count` IPv4 addresses of interfaces that are up (host order).
int c_rostrum_ipv4_addresses(uint32_t *out, int count);

#endif
